"""Evaluation: the figures of known cases, their intervals, and calibration."""

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax

from ser_demo.evaluation.calibration import (
    Calibration,
    balanced_weights,
    fit_calibration,
    fit_temperature,
    fold_calibration,
    read_calibration,
    rescale,
    unfold,
)
from ser_demo.evaluation.intervals import confusion_figures, speaker_intervals
from ser_demo.evaluation.metrics import (
    count_confusions,
    expected_calibration_error,
    gap_by_chance,
    guess,
    measure,
    reliability_sums,
    restrict,
)


def test_figures_of_a_known_case() -> None:
    classes = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    figures = measure(classes, probabilities)
    assert figures["wa"] == pytest.approx(3 / 4)
    assert figures["uar"] == pytest.approx((2 / 3 + 1) / 2)
    assert expected_calibration_error(classes, probabilities) == pytest.approx((0.1 + 0.2 + 0.6 + 0.3) / 4)


def test_the_calibration_error_of_chance_is_that_of_answers_right_as_often_as_they_are_sure() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 60)
    probabilities = np.stack([sure, 1 - sure], axis=1)
    errors = [expected_calibration_error((rng.random(60) > sure).astype(int), probabilities) for _ in range(2000)]
    clips, confidence, _ = (sums := reliability_sums(np.zeros(60, int), probabilities))[sums[:, 0] > 0].T
    assert gap_by_chance(clips, confidence / clips) == pytest.approx(np.mean(errors), abs=0.003)
    assert gap_by_chance(np.array([50, 3]), np.array([1.0, 1.0])) == 0


def test_no_answer_is_a_wrong_answer() -> None:
    probabilities = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert guess(probabilities).tolist() == [0, -1]
    assert measure(np.array([0, 0]), probabilities)["uar"] == 0.5


def test_restricting_drops_and_renormalises() -> None:
    np.testing.assert_allclose(restrict(np.array([[0.5, 0.3, 0.2]]), np.array([1, 1, 0])), [[0.625, 0.375, 0]])


def test_the_temperature_of_wrong_logits_is_found_and_their_bias_in_part() -> None:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20_000, 4)) * 1.5
    classes = np.array([rng.choice(4, p=p) for p in np.exp(logits) / np.exp(logits).sum(1, keepdims=True)])
    bias = np.array([1.5, -0.5, -0.5, -0.5])
    known = np.ones(logits.shape)
    temperature, biases = fit_calibration(3 * logits, classes, known, np.ones(len(classes)))
    assert temperature == pytest.approx(3, rel=0.05)
    np.testing.assert_allclose(biases, 0, atol=0.05)
    _, biases = fit_calibration(3 * (logits - bias), classes, known, np.ones(len(classes)))
    assert 0.3 < biases[0] < 1.5
    np.testing.assert_allclose(biases[1:], biases[1:].mean(), atol=0.1)


def test_a_single_clip_of_a_rare_emotion_pulls_its_bias_a_little_only() -> None:
    rng = np.random.default_rng(0)
    classes = np.array([0] * 100 + [1] * 100 + [2])
    logits = 2 * np.eye(3)[classes] + rng.standard_normal((201, 3))
    logits[-1] = (3, 0, 0)  # the rare one is missed
    table = pd.DataFrame({"corpus": "a", "emotion": classes, "path": range(201)})
    _, biases = fit_calibration(logits, classes, np.ones((201, 3)), balanced_weights(table).to_numpy())
    assert 0 < biases[2] < 1


def test_certainty_is_fitted_to_how_often_answers_are_right_not_to_rare_emotions() -> None:
    """Rare emotions that are always found must not make the answers to all the others surer than they are."""
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((5_000, 3))
    logits[:, 2] -= 5
    classes = np.array([rng.choice(3, p=p) for p in np.exp(logits) / np.exp(logits).sum(1, keepdims=True)])
    classes[:50], logits[:50] = 2, (0, 0, 8)
    table = pd.DataFrame({"corpus": "a", "emotion": classes, "path": range(5_000)})
    known = np.ones(logits.shape)
    temperature, biases = fit_calibration(logits, classes, known, balanced_weights(table).to_numpy())
    probabilities = softmax(logits / temperature + biases, axis=1)
    assert fit_temperature(probabilities, classes, known) == pytest.approx(1, abs=0.01)
    assert probabilities.max(1).mean() == pytest.approx((probabilities.argmax(1) == classes).mean(), abs=0.02)


def test_a_few_clips_that_are_all_right_do_not_make_a_network_sure_of_everything() -> None:
    classes = np.array([0, 1, 2] * 2)
    logits = 2 * np.eye(3)[classes]
    temperature, _ = fit_calibration(logits, classes, np.ones((6, 3)), np.ones(6))
    assert 0.3 < temperature < 1
    many = np.tile(classes, 1_000)
    assert fit_calibration(2 * np.eye(3)[many], many, np.ones((6_000, 3)), np.ones(6_000))[0] < 0.3


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


def test_confusions_are_counted_with_those_who_got_no_answer() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.0, 0.0], [0.3, 0.7]])
    assert count_confusions(np.array([0, 0, 0, 1]), probabilities).tolist() == [[1, 1, 1], [0, 1, 0]]


def random_answers(speakers: int, clips: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, probabilities (n, 4) and speakers, who differ in how well they are understood."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, speakers * clips)
    who = np.repeat(np.arange(speakers), clips)
    logits = rng.standard_normal((len(classes), 4))
    logits[np.arange(len(classes)), classes] += rng.normal(2, 1.5, speakers)[who]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities[::50] = 0
    return classes, probabilities, who.astype(str)


def test_figures_of_confusion_matrices_are_those_of_the_clips() -> None:
    classes, probabilities, _ = random_answers(5, 40)
    for present in (np.ones(len(classes), dtype=bool), classes != 2):
        figures = measure(classes[present], probabilities[present])
        found = confusion_figures(count_confusions(classes[present], probabilities[present]))
        assert found == pytest.approx((figures["uar"], figures["wa"], figures["macro_f1"]))


def test_intervals_are_those_of_drawing_speakers() -> None:
    classes, probabilities, speakers = random_answers(6, 50)
    intervals = speaker_intervals(classes, probabilities, speakers)
    rng, drawn = np.random.default_rng(1), []
    for _ in range(1000):
        rows = np.concatenate([np.flatnonzero(speakers == str(name)) for name in rng.integers(0, 6, 6)])
        drawn.append(measure(classes[rows], probabilities[rows]))
    for name, interval in intervals.items():
        expected = np.percentile([figures[name] for figures in drawn], (2.5, 97.5))
        assert interval == pytest.approx(expected, abs=0.02)
    assert intervals == speaker_intervals(classes, probabilities, speakers)  # seeded


def test_an_interval_of_a_known_case() -> None:
    """Of n speakers of whom each is always or never understood, WA is binomial: here 8 of 16, give or take 4."""
    speakers = np.repeat(np.arange(16), 10).astype(str)
    classes = np.zeros(160, dtype=int)
    is_right = (speakers.astype(int) % 2)[:, None]
    probabilities = np.where(is_right, [[1.0, 0.0]], [[0.0, 1.0]])
    assert speaker_intervals(classes, probabilities, speakers)["wa"] == pytest.approx((4 / 16, 12 / 16), abs=1 / 16)


def test_intervals_of_many_speakers_take_little_memory() -> None:
    classes, probabilities, speakers = random_answers(1000, 3)
    tracemalloc.start()
    speaker_intervals(classes, probabilities, speakers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_one_or_two_speakers_and_unknown_ones_have_no_interval() -> None:
    classes, probabilities, speakers = random_answers(3, 20)
    two = speakers != "2"
    assert speaker_intervals(classes[two], probabilities[two], speakers[two]) is None
    assert speaker_intervals(classes, probabilities, np.full(len(classes), "", dtype=object)) is None
    of_four, answers, names = random_answers(4, 20)  # their figures hang on clips that no interval of three would hold
    assert speaker_intervals(of_four, answers, np.where(names == "3", "", names)) is None


def test_a_calibration_is_unfolded_from_the_answers() -> None:
    layer, x = torch.nn.Linear(5, 3), torch.randn(7, 5)
    raw = layer(x).softmax(1).detach().numpy()
    calibration = Calibration(1.7, {"happy": 0.5, "sad": -0.75, "angry": 0.25})
    fold_calibration(layer, calibration.temperature, np.array([0.5, -0.75, 0.25]))
    folded = layer(x).softmax(1).detach().numpy()
    np.testing.assert_allclose(unfold(folded, calibration, ["happy", "sad", "angry"]), raw, atol=1e-6)
    assert not unfold(np.zeros((1, 3)), calibration, ["happy", "sad", "angry"]).any()


def test_the_temperature_of_answers_that_are_too_sure_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20_000, 4)) * 1.5
    truth = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    classes = np.array([rng.choice(4, p=p) for p in truth])
    known = np.ones_like(logits)
    temperature = fit_temperature(rescale(truth, 1 / 2.5), classes, known)
    assert temperature == pytest.approx(2.5, rel=0.05)
    # Among two of the labels the same one is right.
    known[:, 2:] = 0
    two = classes < 2
    assert fit_temperature(rescale(truth, 0.4)[two], classes[two], known[two]) == pytest.approx(2.5, rel=0.1)


def test_only_a_calibration_of_ours_is_read(tmp_path: Path) -> None:
    assert read_calibration(str(tmp_path)) is None
    file = tmp_path / "calibration.json"
    for other in ("[1, 2]", "{", '{"temperature": "hot", "biases": {}}', '{"temperature": 2, "biases": [1]}'):
        file.write_text(other)
        assert read_calibration(str(tmp_path)) is None
    file.write_text('{"temperature": 0.9, "biases": {"sad": -1}, "dev_ece_before": 0.1}')
    assert read_calibration(str(tmp_path)) == Calibration(0.9, {"sad": -1.0})
