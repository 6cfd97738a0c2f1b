"""The figures that the field compares: UAR, WA, macro-F1, and the calibration error of the probabilities.

Probabilities are (n, labels); a row of zeros is a clip that got no answer, which counts as a wrong one.
"""

import numpy as np
from scipy.stats import binom
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

ECE_BINS = 15
NO_ANSWER = -1


def restrict(probabilities: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n, labels) with the labels that are not `known` (labels,) or (n, labels) dropped, the rest summing to 1."""
    kept = probabilities * known
    return kept / np.maximum(kept.sum(-1, keepdims=True), 1e-12)


def guess(probabilities: np.ndarray) -> np.ndarray:
    """(n,) the most probable class of each clip, `NO_ANSWER` where there is none."""
    return np.where(probabilities.max(1) > 0, probabilities.argmax(1), NO_ANSWER)


def count_confusions(classes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(labels, labels + 1) clips by true class and answer; the last column is no answer."""
    names = [*range(probabilities.shape[1]), NO_ANSWER]
    return confusion_matrix(classes, guess(probabilities), labels=names)[:-1]


def unweighted_average_recall(classes: np.ndarray, probabilities: np.ndarray) -> float:
    """UAR: the mean over the classes that occur of the share of their clips that is found, 0 to 1."""
    occurring = np.unique(classes)
    return float(recall_score(classes, guess(probabilities), labels=occurring, average="macro", zero_division=0))


def reliability_sums(classes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """(ECE_BINS, 3) of the answered clips, by equal-width bins of the top probability (Guo et al., 2017).

    The three are the number of clips, the sum of their top probabilities and how many of them are right.
    """
    answered = probabilities.max(1) > 0
    confidence = probabilities[answered].max(1)
    correct = (guess(probabilities) == classes)[answered]
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    sums = (np.bincount(bins, weights, ECE_BINS) for weights in (np.ones(len(bins)), confidence, correct))
    return np.stack(list(sums), axis=-1)


def gap(sums: np.ndarray) -> np.ndarray:
    """The ECE (...) of `reliability_sums` (..., bins, 3): the mean distance of certainty from truth, 0 to 1."""
    clips, confidence, correct = np.moveaxis(sums, -1, 0)
    return np.abs(correct - confidence).sum(-1) / np.maximum(clips.sum(-1), 1)


def gap_by_chance(clips: np.ndarray, confidence: np.ndarray) -> float:
    """The ECE to expect of answers that are right just as often as they are sure: above 0, as clips are few.

    Per bin, how many are right is binomial, so this sums its mean absolute deviation (de Moivre's formula; Diaconis &
    Zabell, 1991, Statistical Science 6(3)).

    Args:
        clips: (bins,) how many there are, at least 1.
        confidence: (bins,) their mean top probability, 0 to 1.
    """
    least = np.floor(clips * confidence) + 1  # right answers that are more than expected
    deviations = 2 * least * (1 - confidence) * binom.pmf(least, clips, confidence)
    return float(deviations.sum() / max(clips.sum(), 1))


def expected_calibration_error(classes: np.ndarray, probabilities: np.ndarray) -> float:
    """ECE of the answered clips, 0 to 1."""
    return float(gap(reliability_sums(classes, probabilities)))


def measure(classes: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """UAR, WA (accuracy), macro-F1 and ECE of (n,) true classes and (n, labels) probabilities, each 0 to 1."""
    occurring, guesses = np.unique(classes), guess(probabilities)
    return {
        "uar": unweighted_average_recall(classes, probabilities),
        "wa": float(accuracy_score(classes, guesses)),
        "macro_f1": float(f1_score(classes, guesses, labels=occurring, average="macro", zero_division=0)),
        "ece": expected_calibration_error(classes, probabilities),
    }
