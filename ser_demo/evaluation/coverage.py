"""Knowing when not to answer: how many clips are answered, and how many of those rightly, by the certainty asked for.

The rule is the top probability of a calibrated network (Hendrycks & Gimpel, 2017): below a bound a result is called
uncertain. The bound is chosen on development speakers, goes with the checkpoint, and is judged on test speakers.
"""

import numpy as np

CERTAINTIES = tuple(round(0.2 + 0.05 * step, 2) for step in range(15))  # 0.2 to 0.9, those that are tried
WANTED_ACCURACY = 0.8  # of the answers that are not called uncertain
LEAST_COVERAGE = 0.5  # a model that never answers would be right and of no use


def accuracy_at(certainty: np.ndarray, is_right: np.ndarray, weights: np.ndarray, least: float) -> tuple[float, float]:
    """The share of clips that are answered when `least` is asked for, and the share of right ones among them.

    Args:
        certainty: (n,) the top probabilities, 0 for a clip without an answer.
        is_right: (n,) whether the most probable emotion is the true one.
        weights: (n,) how much each clip counts.
        least: top probability from which an answer counts as one.

    Returns:
        Both 0 to 1; the accuracy of no answers is 1.
    """
    is_answered = (certainty >= least) & (certainty > 0)
    answered = weights[is_answered].sum()
    accuracy = (weights * is_right)[is_answered].sum() / answered if answered else 1.0
    return float(answered / weights.sum()), float(accuracy)


def choose_bound(certainty: np.ndarray, is_right: np.ndarray, weights: np.ndarray) -> float:
    """The lowest of `CERTAINTIES` at which answers are right as often as wanted, or else the last that answers enough.

    Arguments as of `accuracy_at`.
    """
    bound = 0.0
    for least in CERTAINTIES:
        coverage, accuracy = accuracy_at(certainty, is_right, weights, least)
        if coverage < LEAST_COVERAGE:
            break
        bound = least
        if accuracy >= WANTED_ACCURACY:
            break
    return bound
