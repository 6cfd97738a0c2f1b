"""How far the figures could lie from the truth, had other people spoken: 95 % intervals over speakers.

Clips of one speaker are alike, so the speakers are what chance has drawn: the percentile bootstrap (Efron, 1979; Efron
& Tibshirani, 1993, chapter 13) draws as many of them again, with replacement, and looks where the figures fall.
"""

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from ser_demo.evaluation.metrics import count_confusions, gap, reliability_sums

DRAWS = 1000
FEWEST_SPEAKERS = 3  # of one or two, the draws say next to nothing about a third

FIGURES = ("uar", "wa", "macro_f1", "ece")

Interval = tuple[float, float]  # lower and upper bound


def speaker_intervals(
    classes: np.ndarray, probabilities: np.ndarray, speakers: np.ndarray
) -> dict[str, Interval] | None:
    """The 95 % intervals of "uar", "wa", "macro_f1" and "ece", each 0 to 1; None for too few speakers.

    None too where some are unknown: an interval of the others' clips would not be one of the figures of all.

    Args:
        classes: (n,) true classes.
        probabilities: (n, labels).
        speakers: (n,) who spoke each clip; "" where that is unknown.
    """
    if (speakers == "").any():
        return None
    clips = pd.Series(speakers).groupby(speakers).indices.values()
    if len(clips) < FEWEST_SPEAKERS:
        return None
    # Every figure follows from sums over clips, so a draw of speakers is a sum over theirs.
    confusions = np.stack([count_confusions(classes[own], probabilities[own]) for own in clips])
    reliability = np.stack([reliability_sums(classes[own], probabilities[own]) for own in clips])

    def figures(drawn: np.ndarray, axis: int) -> np.ndarray:
        """(4, draws) of the numbers of the speakers that each draw has taken, (draws, speakers)."""
        times = np.stack([np.bincount(draw, minlength=len(clips)) for draw in drawn])
        errors = gap(np.tensordot(times, reliability, 1))
        return np.stack([*confusion_figures(np.tensordot(times, confusions, 1)), errors])

    numbers = np.arange(len(clips))
    result = bootstrap((numbers,), figures, n_resamples=DRAWS, vectorized=True, method="percentile", rng=0)
    bounds = zip(FIGURES, result.confidence_interval.low, result.confidence_interval.high, strict=True)
    return {name: (float(low), float(high)) for name, low, high in bounds}


def confusion_figures(confusions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """UAR, WA and macro-F1, each (...), of confusion matrices (..., labels, labels + 1), as `measure` defines them."""
    right = np.diagonal(confusions, axis1=-2, axis2=-1)
    true, guessed = confusions.sum(-1), confusions[..., :-1].sum(-2)
    occurring = np.maximum((true > 0).sum(-1), 1)
    uar = (right / np.maximum(true, 1)).sum(-1) / occurring
    f1 = np.where(true > 0, 2 * right / np.maximum(true + guessed, 1), 0)
    return uar, right.sum(-1) / np.maximum(true.sum(-1), 1), f1.sum(-1) / occurring
