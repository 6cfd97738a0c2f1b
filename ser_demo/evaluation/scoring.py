"""From the answers to one corpus' clips to its figures."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from ser_demo.evaluation.answers import Answers
from ser_demo.evaluation.calibration import rescale
from ser_demo.evaluation.coverage import CERTAINTIES, accuracy_at
from ser_demo.evaluation.figures import (
    ClassFigures,
    ConditionFigures,
    CorpusFigures,
    CoveragePoint,
    GroupFigures,
    ReliabilityBin,
    Scaling,
)
from ser_demo.evaluation.intervals import speaker_intervals
from ser_demo.evaluation.metrics import (
    count_confusions,
    expected_calibration_error,
    guess,
    measure,
    reliability_sums,
    restrict,
    unweighted_average_recall,
)


def score_corpus(
    clips: pd.DataFrame,
    answers: Answers,
    labels: list[str],
    known: np.ndarray,
    scaling: Scaling | None,
    uncertain_below: float,
) -> CorpusFigures:
    """The figures of one corpus.

    Args:
        clips: n rows with the columns `corpus`, `speaker`, `gender` and `emotion`.
        answers: to the n clips.
        labels: the model's.
        known: (labels,) True for those that the corpus shares.
        scaling: the temperature, for the calibration error before and after it.
        uncertain_below: top probability below which the model calls its answer uncertain.
    """
    emotions = [label for label, is_known in zip(labels, known, strict=True) if is_known]
    classes = clips["emotion"].map(emotions.index).to_numpy()
    own = restrict(answers.clean, known)[:, known]
    figures = measure(classes, own)
    before, after = figures["ece"], None
    if scaling is not None and scaling.is_folded_in:
        before = expected_calibration_error(classes, restrict(answers.unfolded, known)[:, known])
        after = figures["ece"]
    elif scaling is not None:
        after = expected_calibration_error(classes, rescale(own, scaling.temperature))
    return CorpusFigures(
        corpus=str(clips["corpus"].iloc[0]),
        clips=len(clips),
        speakers=len(set(clips["speaker"]) - {""}),
        labels=len(emotions),
        unanswered=_count_unanswered(own),
        **figures,
        uar_strict=unweighted_average_recall(clips["emotion"].map(labels.index).to_numpy(), answers.clean),
        intervals=speaker_intervals(classes, own, clips["speaker"].to_numpy()),
        ece_before=before,
        ece_after=after,
        classes=tuple(_by_class(classes, own, emotions)),
        confusion=tuple(tuple(row) for row in count_confusions(classes, own).tolist()),
        reliability=tuple(_bins(classes, own)),
        by_gender=tuple(_by_group(clips, classes, own, "gender")),
        by_speaker=tuple(_by_group(clips, classes, own, "speaker")),
        coverage=tuple(_coverage(classes, own, answers.clean.max(1), uncertain_below)),
        robustness=tuple(
            _under(condition, classes, restrict(degraded, known)[:, known], figures["uar"])
            for condition, degraded in answers.degraded.items()
        ),
        lengths=(),
    )


def _by_class(classes: np.ndarray, probabilities: np.ndarray, emotions: list[str]) -> Iterator[ClassFigures]:
    numbers = range(len(emotions))
    figures = precision_recall_fscore_support(classes, guess(probabilities), labels=numbers, zero_division=0)
    for emotion, precision, recall, f1, clips in zip(emotions, *figures, strict=True):
        yield ClassFigures(emotion, int(clips), float(precision), float(recall), float(f1))


def _bins(classes: np.ndarray, probabilities: np.ndarray) -> Iterator[ReliabilityBin]:
    for clips, confidence, correct in reliability_sums(classes, probabilities).tolist():
        if clips:
            yield ReliabilityBin(round(clips), confidence / clips, correct / clips)


def _by_group(
    clips: pd.DataFrame, classes: np.ndarray, probabilities: np.ndarray, column: str
) -> Iterator[GroupFigures]:
    for name, rows in clips.groupby(column).indices.items():
        speakers = len(set(clips["speaker"].iloc[rows]) - {""})
        figures = measure(classes[rows], probabilities[rows])
        yield GroupFigures(str(name) or "unknown", speakers, len(rows), figures["uar"], figures["wa"])


def _coverage(
    classes: np.ndarray, own: np.ndarray, certainty: np.ndarray, uncertain_below: float
) -> Iterator[CoveragePoint]:
    """Certainty is that of the answer among all emotions, which users see; right is the one among the corpus' own."""
    is_right, weights = guess(own) == classes, np.ones(len(classes))
    for least in sorted({0.0, *CERTAINTIES, uncertain_below}):
        yield CoveragePoint(least, *accuracy_at(certainty, is_right, weights, least))


def _under(condition: str, classes: np.ndarray, probabilities: np.ndarray, clean_uar: float) -> ConditionFigures:
    uar = unweighted_average_recall(classes, probabilities)
    return ConditionFigures(condition, uar, clean_uar - uar, _count_unanswered(probabilities))


def _count_unanswered(probabilities: np.ndarray) -> int:
    return int((probabilities.max(1) == 0).sum())
