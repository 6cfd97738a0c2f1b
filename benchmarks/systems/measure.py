"""One system on its corpora: trained and tested on both divisions, one row of the table for each corpus."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, recall_score

from benchmarks.systems import cnn, lstm, mlp, svm
from benchmarks.systems.divisions import Division, draw_clips, hold_out_speakers
from benchmarks.systems.fitted import Fitted
from ser_demo.errors import SerError


@dataclass(frozen=True)
class System:
    """How a tutorial recognises emotions.

    Attributes:
        name: as the table says it.
        features: what it hears, a name of `features.KINDS`.
        fit: trains it on features and emotions of clips, for a number of epochs, with a seed.
        epochs: passes over the training clips; where nothing is trained so, it does not matter.
        test_share: of the clips, in its author's random split.
        repeats: trainings of each kind, with seeds and random splits of their own; few where one takes minutes.
    """

    name: str
    features: str
    fit: Callable[[np.ndarray, np.ndarray, int, int], Fitted]
    epochs: int
    test_share: float
    repeats: int


@dataclass(frozen=True)
class Training:
    """One training and its test.

    Attributes:
        division: "random" as the author draws, "equal" at random with as many training clips as "unseen", which holds
            speakers out.
        seed: of the training, and of what was drawn.
        trained: the clips (or copies of clips) that trained, by corpus.
        answers: the rows that tested, with the column `answer` beside `emotion`.
        seconds: of the processors, so that other work on the machine does not count.
        parameters: see `Fitted`.
    """

    division: str
    seed: int
    trained: Mapping[str, int]
    answers: pd.DataFrame
    seconds: float
    parameters: int


@dataclass(frozen=True)
class Figures:
    """Mean UAR and WA, 0 to 1, of the trainings with one division, on how many clips each trained.

    `spread` is the standard deviation of the UAR over the seeds, None for a single one.
    """

    uar: float
    wa: float
    spread: float | None
    trained: int


@dataclass(frozen=True)
class Row:
    """One line of the table; the divisions are those of `Training`.

    `seconds` of one training, and `parameters`, are None where a line above tells them; `equal` where `random` is.
    """

    system: str
    corpus: str
    emotions: int
    clips: int
    random: Figures
    equal: Figures | None
    unseen: Figures
    seconds: float | None
    parameters: int | None


SYSTEMS = {
    "mlp": System("MLP", "means", mlp.fit, 500, 0.25, 5),
    "lstm": System("LSTM", "frames", lstm.fit, 40, 0.2, 1),
    "cnn": System("1-D CNN", "copies", cnn.fit, 15, 0.25, 1),
    "svm": System("SVM", "statistics", svm.fit, 0, 0.25, 5),
}


def measure(
    system: System,
    table: pd.DataFrame,
    features: Mapping[str, np.ndarray],
    epochs: int | None,
    seed: int,
    progress: Callable[[int, int], None],
) -> list[Row]:
    """A row for all clips of `table` together and, of several corpora, one for each.

    Args:
        system: of `SYSTEMS`.
        table: of `read_corpora`.
        features: by path; clips without features are left out.
        epochs: instead of the system's own.
        seed: the first one.
        progress: called with trainings done and in all.

    Raises:
        SerError: no recording could be heard, or too few speakers are there for some to train and others to test.
    """
    heard = table[table["path"].isin(list(features))]
    if heard.empty:
        raise SerError("none of its recordings can be heard")
    clips, values = _one_row_per_copy(heard, np.stack([features[path] for path in heard["path"]]), system.features)
    held_out = hold_out_speakers(clips)
    if not all(len(division.train) and len(division.test) for division in held_out):
        raise SerError("its speakers are too few for some to train and others to test")
    few = round(np.mean([len(division.train) for division in held_out]))
    plan: list[tuple[str, Division, int]] = []
    for repeat in range(seed, seed + system.repeats):
        as_author = draw_clips(clips, round((1 - system.test_share) * len(clips)), repeat)
        plan += [("random", as_author, repeat), ("equal", draw_clips(clips, few, repeat), repeat)]
        plan += [("unseen", division, repeat) for division in held_out]
    trainings: list[Training] = []
    for name, division, repeat in plan:
        progress(len(trainings), len(plan))
        trainings.append(_train(system, name, clips, values, division, epochs, repeat))
    progress(len(plan), len(plan))

    corpora = list(heard["corpus"].unique())
    together = _row(system.name, " + ".join(corpora), heard, trainings)
    if len(corpora) == 1:
        return [together]
    each = [_row(system.name, corpus, heard[heard["corpus"] == corpus], trainings) for corpus in corpora]
    return [together, *(replace(row, corpus=f"of these, {row.corpus}", seconds=None, parameters=None) for row in each)]


def _train(
    system: System,
    name: str,
    clips: pd.DataFrame,
    values: np.ndarray,
    division: Division,
    epochs: int | None,
    seed: int,
) -> Training:
    train, test = clips.iloc[division.train], clips.iloc[division.test]
    start = time.process_time()
    fitted = system.fit(values[division.train], train["emotion"].to_numpy(), epochs or system.epochs, seed)
    seconds = time.process_time() - start
    answers = test.assign(answer=fitted.answer(values[division.test]))
    return Training(name, seed, train["corpus"].value_counts().to_dict(), answers, seconds, fitted.parameters)


def _row(system: str, name: str, heard: pd.DataFrame, trainings: Sequence[Training]) -> Row:
    """The row of the clips `heard`, of whose corpora the trainings' answers count."""
    corpora = list(heard["corpus"].unique())
    random, equal, unseen = (
        _figures([training for training in trainings if training.division == division], corpora)
        for division in ("random", "equal", "unseen")
    )
    return Row(
        system,
        name,
        heard["emotion"].nunique(),
        len(heard),
        random,
        equal,
        unseen,
        float(np.mean([training.seconds for training in trainings])),
        trainings[-1].parameters,
    )


def _figures(trainings: Sequence[Training], corpora: Sequence[str]) -> Figures:
    """Over those of the answers that are of `corpora`."""
    scores = pd.DataFrame(
        {"seed": training.seed, **_score(training.answers[training.answers["corpus"].isin(corpora)])}
        for training in trainings
    )
    by_seed = scores.groupby("seed").mean()
    spread = float(by_seed["uar"].std()) if len(by_seed) > 1 else None
    trained = np.mean([sum(training.trained.get(corpus, 0) for corpus in corpora) for training in trainings])
    return Figures(float(by_seed["uar"].mean()), float(by_seed["wa"].mean()), spread, round(trained))


def _score(test: pd.DataFrame) -> dict[str, float]:
    """UAR over the emotions that occur, and WA, 0 to 1."""
    truth, answer = test["emotion"], test["answer"]
    uar = recall_score(truth, answer, labels=truth.unique(), average="macro", zero_division=0)
    return {"uar": float(uar), "wa": float(accuracy_score(truth, answer))}


def _one_row_per_copy(table: pd.DataFrame, features: np.ndarray, kind: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Clips whose features come in several copies become several rows, numbered from 0 in the column `copy`."""
    if kind != "copies":
        return table.assign(copy=0), features
    count = features.shape[1]
    rows = table.loc[table.index.repeat(count)].reset_index(drop=True)
    return rows.assign(copy=np.tile(np.arange(count), len(table))), features.reshape(-1, features.shape[-1])
