"""The figures that the field compares: UAR, WA, macro-F1, and the calibration error of the probabilities.

Probabilities are (n, labels); a row of zeros is a clip that got no answer, which counts as a wrong one.
"""

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, recall_score

ECE_BINS = 15
NO_ANSWER = -1


def restrict(probabilities: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n, labels) with the labels that are not `known` (labels,) or (n, labels) dropped, the rest summing to 1."""
    kept = probabilities * known
    return kept / np.maximum(kept.sum(-1, keepdims=True), 1e-12)


def guess(probabilities: np.ndarray) -> np.ndarray:
    """(n,) the most probable class of each clip, `NO_ANSWER` where there is none."""
    return np.where(probabilities.max(1) > 0, probabilities.argmax(1), NO_ANSWER)


def unweighted_average_recall(classes: np.ndarray, probabilities: np.ndarray) -> float:
    """UAR: the mean over the classes that occur of the share of their clips that is found, 0 to 1."""
    occurring = np.unique(classes)
    return float(recall_score(classes, guess(probabilities), labels=occurring, average="macro", zero_division=0))


def expected_calibration_error(classes: np.ndarray, probabilities: np.ndarray) -> float:
    """ECE over equal-width bins of the top probability (Guo et al., 2017) of the answered clips, 0 to 1."""
    answered = probabilities.max(1) > 0
    confidence = probabilities[answered].max(1)
    correct = (guess(probabilities) == classes)[answered]
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [abs(correct[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(np.sum(gaps))


def measure(classes: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """UAR, WA (accuracy), macro-F1 and ECE of (n,) true classes and (n, labels) probabilities, each 0 to 1."""
    occurring, guesses = np.unique(classes), guess(probabilities)
    return {
        "uar": unweighted_average_recall(classes, probabilities),
        "wa": float(accuracy_score(classes, guesses)),
        "macro_f1": float(f1_score(classes, guesses, labels=occurring, average="macro", zero_division=0)),
        "ece": expected_calibration_error(classes, probabilities),
    }
