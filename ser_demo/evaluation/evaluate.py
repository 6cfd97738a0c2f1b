"""How right a checkpoint is about speakers that it has never heard, measured the way a user would use it.

Every test clip goes through `EmotionRecognizer` as a file: decoding, voice activity, windows, network. A clip in which
no speech is found gets no answer and counts as a wrong one. Scores are restricted to the emotions that the clip's
corpus has (figures over all eight labels stand beside them as "strict").
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser_demo.corpora.names import read_corpora
from ser_demo.corpora.splits import assign_split
from ser_demo.errors import SerError
from ser_demo.evaluation.metrics import measure, restrict, unweighted_average_recall
from ser_demo.labels import EMOTIONS
from ser_demo.recognizer import EmotionRecognizer


@dataclass(frozen=True)
class CorpusFigures:
    """One row of the table; figures are 0 to 1.

    Attributes:
        corpus: its name.
        clips, speakers, labels: how many were tested, and over how many emotions.
        unanswered: clips without enough speech to tell.
        uar, wa, macro_f1, ece: over the corpus' own labels.
        uar_strict: over all eight labels.
    """

    corpus: str
    clips: int
    speakers: int
    labels: int
    unanswered: int
    uar: float
    wa: float
    macro_f1: float
    ece: float
    uar_strict: float


@dataclass(frozen=True)
class Evaluation:
    """The figures of one checkpoint on one split."""

    model: str
    split: str
    corpora: tuple[CorpusFigures, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def to_markdown(self) -> str:
        """The table of the card and the README, in percent."""
        lines = [
            "| corpus | clips | speakers | labels | UAR % | UAR % strict | WA % | macro-F1 % | ECE % | no answer |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
        for row in self.corpora:
            figures = (row.uar, row.uar_strict, row.wa, row.macro_f1, row.ece)
            percent = " | ".join(f"{100 * figure:.1f}" for figure in figures)
            counts = f"{row.clips} | {row.speakers} | {row.labels}"
            lines.append(f"| {row.corpus} | {counts} | {percent} | {row.unanswered} |")
        return "\n".join(lines)


def evaluate(model: str | None, folders: list[Path], split: str, progress: Callable[[int, int], None]) -> Evaluation:
    """Measures a checkpoint (Hub id, folder, None for the embedded one) on the `split` speakers below `folders`.

    Raises:
        SerError: no clip of that split is found, or a recording or the checkpoint cannot be used.
    """
    table, _ = read_corpora(folders)
    labels = table.groupby("corpus")["emotion"].unique()
    table = table[assign_split(table) == split].reset_index(drop=True)
    if table.empty:
        raise SerError(f"the recordings hold no {split} speakers: see ser_demo/corpora/splits.py.")
    recognizer = EmotionRecognizer(model)
    probabilities = np.zeros((len(table), len(EMOTIONS)))
    for index, path in enumerate(table["path"]):
        scores = recognizer.recognize(path).channels[0].scores
        probabilities[index] = [scores.get(emotion, 0.0) for emotion in EMOTIONS]
        progress(index + 1, len(table))
    classes = table["emotion"].map(EMOTIONS.index).to_numpy()
    rows = []
    for corpus, indices in table.groupby("corpus").indices.items():
        known = np.isin(EMOTIONS, labels[corpus])
        figures = measure(classes[indices], restrict(probabilities[indices], known))
        rows.append(
            CorpusFigures(
                corpus=str(corpus),
                clips=len(indices),
                speakers=table.loc[indices, "speaker"].nunique(),
                labels=int(known.sum()),
                unanswered=int((probabilities[indices].max(1) == 0).sum()),
                uar_strict=unweighted_average_recall(classes[indices], probabilities[indices]),
                **figures,
            )
        )
    return Evaluation(Path(model).name if model else "embedded", split, tuple(rows))
