"""How right a checkpoint is about speakers that it has never heard, measured the way a user would use it.

Every clip goes through `EmotionRecognizer` as a file, its channels mixed as in training: decoding, voice activity,
windows, network. A clip in which no speech is found gets no answer and counts as a wrong one. Scores are restricted to
the emotions that the clip's corpus shares with the model (the UAR over all the model's emotions stands beside them as
"strict").

What cannot tell right from wrong is set aside and reported: a silent recording, one that is there twice, and the same
sound under two labels, of which one at most can be right.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_demo.corpora.anonymity import hide_files, hide_names
from ser_demo.corpora.preparation import find_faults
from ser_demo.errors import SerError
from ser_demo.evaluation.answers import recognize_all
from ser_demo.evaluation.calibration import Calibration, fit_temperature, read_calibration
from ser_demo.evaluation.figures import Evaluation, Scaling
from ser_demo.evaluation.kept import Kept, identity
from ser_demo.evaluation.lengths import measure_lengths
from ser_demo.evaluation.scoring import score_corpus
from ser_demo.labels import in_order
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import EMBEDDED, Settings

MOST_DEVELOPMENT_CLIPS = 500  # plenty for the one number that is fitted on them


def evaluate(
    model: str | None,
    table: pd.DataFrame,
    split: str,
    progress: Callable[[int, int], None],
    conditions: Sequence[str] = (),
    with_lengths: bool = False,
    tell: Callable[[str], None] = lambda line: None,
    keep: Path | None = None,
) -> Evaluation:
    """Measures a checkpoint on the clips of one split. What cannot be read or judged is left out and reported.

    Args:
        model: Hub id or folder; None for what SER_MODEL names, or else the embedded one.
        table: of `read_corpora`; with the column `split`, unless all clips are asked for.
        split: "test", "dev", "train" or "all".
        progress: called with clips done and in all.
        conditions: names of `robustness.CONDITIONS` under which every clip is recognised again.
        with_lengths: whether speech of different lengths is recognised as well, see `lengths`.
        tell: called in the end with a line for each recording that is left out, which names its file: the figures,
            which may be published, name files of public corpora alone.
        keep: a file that holds what was heard so far, for a run that goes on where this one was stopped.

    Raises:
        SerError: no clip belongs to that split or can be used, the model shares fewer than two emotions with the
            recordings, it cannot be used, or `keep` is of something else.
    """
    is_asked = pd.Series(True, table.index) if split == "all" else table["split"] == split
    if not is_asked.any():
        raise SerError(f"the recordings hold no {split} clips: choose another --split, or divide them by --split-by.")
    table = hide_names(table)
    model = model or Settings.from_environment().model
    name = _name(model)
    recognizer = EmotionRecognizer(model)
    labels = in_order(recognizer.labels)
    known = _shared_emotions(table, labels)
    is_scored = _is_scored(table, labels, known)
    clips = table[is_scored & is_asked]
    if clips.empty:
        raise _nothing_shared(name, labels, table)
    calibration = read_calibration(model or str(EMBEDDED))
    kept = Kept(keep, _what_answers(recognizer, model, calibration))
    if calibration is not None or split in ("dev", "all"):  # nothing to fit, or nothing but what it would be judged by
        development = table[:0]
    else:
        development = table[is_scored & (table["split"] == "dev")]
    development = development.sample(min(len(development), MOST_DEVELOPMENT_CLIPS), random_state=0)

    total = (2 + with_lengths) * len(clips) + len(development)
    answers, unreadable = recognize_all(
        recognizer, labels, list(clips["path"]), calibration, conditions, lambda done: progress(done, total), kept
    )
    if len(unreadable) == len(clips):
        raise SerError(f"none of the {len(clips)} {split} clips can be read; the first: {unreadable[0]}")
    if calibration is not None:
        scaling: Scaling | None = Scaling(calibration.temperature, is_folded_in=True)
    else:
        scaling = _fit_scaling(
            recognizer, labels, known, development, lambda done: progress(len(clips) + done, total), kept
        )
    skipped = hide_files(clips, _without_names(clips, unreadable))
    readable = np.array([number not in unreadable for number in range(len(clips))])
    clips, answers = clips[readable], answers.take(readable)
    done = total - (1 + with_lengths) * len(clips)
    faults = find_faults(clips, lambda judged, _: progress(done + judged, total))
    named = [f"{Path(clips['path'].iloc[row]).name}: {reason}" for row, reason in sorted(faults.items())]
    set_aside = hide_files(clips, faults)
    sound = np.array([row not in faults for row in range(len(clips))])
    if not sound.any():
        raise SerError(f"none of the {len(clips)} {split} clips can be measured; the first: {named[0]}")
    clips, answers = clips[sound], answers.take(sound)
    bound = recognizer.uncertain_below
    figures = [
        score_corpus(clips.iloc[rows], answers.take(rows), labels, known[str(corpus)], scaling, bound)
        for corpus, rows in clips.groupby("corpus").indices.items()
    ]
    if with_lengths:
        lengths = measure_lengths(
            recognizer, clips, labels, known, lambda done: progress(total - len(clips) + done, total), kept
        )
        figures = [replace(row, lengths=lengths[row.corpus]) for row in figures]
    left_out = _count_emotions(table[is_asked & ~is_scored])
    for line in (*(f"set aside: {each}" for each in named), *(f"skipped: {each}" for each in unreadable.values())):
        tell(line)
    return Evaluation(name, split, tuple(figures), left_out, tuple(skipped), scaling, bound, tuple(set_aside))


def _what_answers(recognizer: EmotionRecognizer, model: str | None, calibration: Calibration | None) -> dict[str, Any]:
    """By what answers are known to be the same model's; training it anew does not change the embedded one's version."""
    return {
        "model": asdict(recognizer.model),
        "weights": [identity(str(file)) for file in sorted(Path(model or EMBEDDED).glob("*.safetensors"))],
        "labels": in_order(recognizer.labels),
        "calibration": None if calibration is None else asdict(calibration),
    }


def _name(model: str | None) -> str:
    """What a checkpoint is called, without the folders of this machine."""
    if model is None:
        return "embedded"
    return Path(model).resolve().name if Path(model).exists() else model


def _without_names(clips: pd.DataFrame, unreadable: dict[int, str]) -> dict[int, str]:
    """By row why recordings cannot be read, without the names of their files."""
    return {row: why.removeprefix(f"{Path(clips['path'].iloc[row]).name}: ") for row, why in unreadable.items()}


def _shared_emotions(table: pd.DataFrame, labels: list[str]) -> dict[str, np.ndarray]:
    """By corpus, (labels,) True for those that its clips have; a corpus that has fewer than two is not there."""
    known = {str(corpus): np.isin(labels, rows.unique()) for corpus, rows in table.groupby("corpus")["emotion"]}
    return {corpus: shared for corpus, shared in known.items() if shared.sum() >= 2}


def _is_scored(table: pd.DataFrame, labels: list[str], known: dict[str, np.ndarray]) -> np.ndarray:
    """(n,) True for the clips whose emotion the model knows, of the corpora that are `known`."""
    return (table["corpus"].isin(list(known)) & table["emotion"].isin(labels)).to_numpy()


def _nothing_shared(name: str, labels: list[str], table: pd.DataFrame) -> SerError:
    return SerError(
        f"the model {name!r} and the recordings share fewer than two emotions, so there is nothing to measure. "
        f"The model knows {', '.join(labels)}. The recordings hold {', '.join(sorted(set(table['emotion'])))}. "
        "Where they mean the same, say so by --map."
    )


def _fit_scaling(
    recognizer: EmotionRecognizer,
    labels: list[str],
    known: dict[str, np.ndarray],
    development: pd.DataFrame,
    progress: Callable[[int], None],
    kept: Kept,
) -> Scaling | None:
    """The temperature that suits the answers to the development clips; None where they get none."""
    answers, _ = recognize_all(recognizer, labels, list(development["path"]), None, (), progress, kept)
    is_answered = answers.clean.max(axis=1, initial=0) > 0
    if not is_answered.any():
        return None
    clips = development[is_answered]
    classes = clips["emotion"].map(labels.index).to_numpy()
    shared = np.stack([known[corpus] for corpus in clips["corpus"]])
    return Scaling(fit_temperature(answers.clean[is_answered], classes, shared), is_folded_in=False)


def _count_emotions(clips: pd.DataFrame) -> dict[str, dict[str, int]]:
    emotions = clips.groupby("corpus")["emotion"]
    return {str(corpus): rows.value_counts().sort_index().to_dict() for corpus, rows in emotions}
