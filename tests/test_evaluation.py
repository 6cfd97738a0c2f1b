"""Evaluation: the figures of known cases, and calibration."""

import numpy as np
import pandas as pd
import pytest
import torch

from ser_demo.evaluation.calibration import balanced_weights, fit_calibration, fold_calibration
from ser_demo.evaluation.metrics import expected_calibration_error, guess, measure, restrict


def test_figures_of_a_known_case() -> None:
    classes = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    figures = measure(classes, probabilities)
    assert figures["wa"] == pytest.approx(3 / 4)
    assert figures["uar"] == pytest.approx((2 / 3 + 1) / 2)
    assert expected_calibration_error(classes, probabilities) == pytest.approx((0.1 + 0.2 + 0.6 + 0.3) / 4)


def test_no_answer_is_a_wrong_answer() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert guess(probabilities).tolist() == [0, -1]
    assert measure(np.array([0, 0]), probabilities)["uar"] == 0.5


def test_restricting_drops_and_renormalises() -> None:
    np.testing.assert_allclose(restrict(np.array([[0.5, 0.3, 0.2]]), np.array([1, 1, 0])), [[0.625, 0.375, 0]])


def test_the_temperature_and_bias_of_wrong_logits_are_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20_000, 4)) * 1.5
    classes = np.array([rng.choice(4, p=p) for p in np.exp(logits) / np.exp(logits).sum(1, keepdims=True)])
    bias = np.array([1.5, -0.5, -0.5, -0.5])
    temperature, biases = fit_calibration(3 * (logits - bias), classes, np.ones(len(classes)))
    assert temperature == pytest.approx(3, rel=0.05)
    np.testing.assert_allclose(biases, bias, atol=0.1)


def test_folded_calibration_changes_the_logits_as_fitted() -> None:
    layer, x, biases = torch.nn.Linear(5, 3), torch.randn(7, 5), np.array([0.5, -0.25, -0.25])
    expected = layer(x) / 2 + torch.from_numpy(biases)
    fold_calibration(layer, 2.0, biases)
    torch.testing.assert_close(layer(x), expected.float())


def test_calibration_counts_every_emotion_alike() -> None:
    table = pd.DataFrame({"corpus": ["a"] * 6 + ["b"] * 3, "emotion": ["sad"] * 4 + ["calm"] * 2 + ["sad"] * 3})
    weights = balanced_weights(table.assign(path="x"))
    assert weights.groupby(table["emotion"]).sum().tolist() == pytest.approx([1, 1])
    assert weights[:4].sum() == pytest.approx(weights[6:].sum())
