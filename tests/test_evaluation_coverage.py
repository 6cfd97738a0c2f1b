"""Knowing when not to answer: the curve of coverage and accuracy, and the bound that is chosen on it."""

import numpy as np
import pytest

from ser_demo.evaluation.coverage import CERTAINTIES, LEAST_COVERAGE, WANTED_ACCURACY, accuracy_at, choose_bound


def sure_and_right(clips: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clips that are right as often as they are sure to be, from a fifth of the time to always."""
    rng = np.random.default_rng(0)
    certainty = rng.uniform(0.2, 1, clips)
    return certainty, rng.random(clips) < certainty, np.ones(clips)


def test_coverage_and_accuracy_of_a_known_case() -> None:
    certainty, is_right = np.array([0.9, 0.6, 0.4, 0.0]), np.array([True, False, True, False])
    assert accuracy_at(certainty, is_right, np.ones(4), 0.5) == (0.5, 0.5)
    assert accuracy_at(certainty, is_right, np.ones(4), 0.0) == (0.75, pytest.approx(2 / 3))
    assert accuracy_at(certainty, is_right, np.ones(4), 0.95) == (0.0, 1.0)
    assert accuracy_at(certainty, is_right, np.array([3.0, 1.0, 1.0, 1.0]), 0.5) == (pytest.approx(4 / 6), 0.75)


def test_the_bound_is_the_lowest_that_keeps_the_promise() -> None:
    clips = sure_and_right(20_000)
    bound = choose_bound(*clips)
    lower = CERTAINTIES[CERTAINTIES.index(bound) - 1]
    assert accuracy_at(*clips, bound)[1] >= WANTED_ACCURACY > accuracy_at(*clips, lower)[1]
    assert bound == pytest.approx(0.6, abs=0.051)  # answers from there up are right 4 times in 5 on average


def test_a_model_that_is_always_right_is_never_called_uncertain_above_the_first_bound() -> None:
    certainty, _, weights = sure_and_right(1_000)
    assert choose_bound(certainty, np.ones(1_000, dtype=bool), weights) == CERTAINTIES[0]


def test_a_poor_model_still_answers_half_of_the_clips() -> None:
    certainty, _, weights = sure_and_right(1_000)
    bound = choose_bound(certainty, np.zeros(1_000, dtype=bool), weights)
    assert accuracy_at(certainty, np.zeros(1_000, dtype=bool), weights, bound)[0] >= LEAST_COVERAGE
    assert bound > CERTAINTIES[0]
