"""What a training is made of: losses, sampling, and random changes of the clips."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from recordings import at_16_khz

from ser_demo.corpora.cleaning import Clip
from ser_demo.corpora.preparation import Prepared
from ser_demo.publishing.card import write_card
from ser_demo.training import probe
from ser_demo.training.architectures import new_network
from ser_demo.training.augmentation import CHANCES, augment_features, augment_waveform, crop
from ser_demo.training.calibrate import calibrate
from ser_demo.training.checkpoint import save_model
from ser_demo.training.clips import dataset
from ser_demo.training.dataset import ClipDataset, mix
from ser_demo.training.losses import masked_cross_entropy, sampling_weights
from ser_demo.training.trainer import BalancedSampler, moving_average


def test_labels_that_a_corpus_lacks_do_not_move_its_loss() -> None:
    known = torch.tensor([[1.0, 1.0, 0.0]])
    labels = torch.tensor([[1.0, 0.0, 0.0]])
    logits = torch.tensor([[1.0, 0.0, 5.0]], requires_grad=True)
    loss = masked_cross_entropy(logits, labels, known, smoothing=0.1)
    p = torch.tensor([1.0, 0.0]).log_softmax(0)
    torch.testing.assert_close(loss.detach(), -(0.95 * p[0] + 0.05 * p[1]))
    loss.backward()
    assert logits.grad[0, 2] == 0


def test_only_clips_of_one_label_set_are_mixed() -> None:
    torch.manual_seed(0)
    known = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    labels = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    for _ in range(10):
        mask = torch.ones(4, 5, dtype=torch.int64)
        batch = {"input_features": torch.randn(4, 5, 3), "attention_mask": mask, "labels": labels}
        mixed = mix({**batch, "known": known}, 0.7)
        assert (mixed["labels"] * (1 - known)).sum() == 0
        torch.testing.assert_close(mixed["labels"].sum(1), torch.ones(4))


def test_a_corpus_knows_what_its_other_speakers_say() -> None:
    labels, clip = ["happy", "sad", "angry"], Clip(np.zeros(100, np.int16), 0, 100)
    table = pd.DataFrame({"corpus": ["one", "one", "one", "two"], "emotion": ["happy", "sad", "sad", "angry"]})
    table["split"] = ["train", "train", "dev", "train"]
    dev = dataset(Prepared(table, [], [clip] * 4), "dev", labels)
    assert dev[0]["known"].tolist() == [1, 1, 0]


def test_rare_emotions_and_small_corpora_are_drawn_more_often() -> None:
    table = pd.DataFrame(
        {"corpus": ["big"] * 100 + ["small"] * 4, "emotion": ["sad"] * 90 + ["happy"] * 10 + ["sad"] * 4}
    )
    weights = sampling_weights(table.assign(path="x"), 0.5)
    assert weights[95] > weights[0] and weights[103] > weights[95]
    assert set(sampling_weights(table.assign(path="x"), 0)) == {1.0}
    alike = table.assign(weight=sampling_weights(table.assign(path="x"), 1.0))
    drawn = alike.groupby(["corpus", "emotion"])["weight"].sum() / alike["weight"].sum()
    assert drawn.to_dict() == pytest.approx({("big", "sad"): 1 / 4, ("big", "happy"): 1 / 4, ("small", "sad"): 1 / 2})


def test_every_epoch_draws_anew_and_every_process_the_same() -> None:
    first, second = (BalancedSampler(torch.ones(50), torch.arange(50), 4, seed=3) for _ in range(2))
    torch.manual_seed(1)  # what a process has drawn besides does not matter
    assert list(first) == list(second)
    second.set_epoch(1)
    assert list(first) != list(second)


def test_a_young_average_follows_the_weights_an_old_one_holds_still() -> None:
    zero, one, average = torch.zeros(1), torch.ones(1), moving_average(0.998)
    assert average(zero, one, torch.tensor(1)) > 0.5
    assert average(zero, one, torch.tensor(10**6)) < 0.01
    assert moving_average(0)(zero, one, torch.tensor(10**6)) == 1


def test_clips_of_like_length_share_a_batch_in_any_order() -> None:
    lengths = torch.randperm(650, generator=torch.Generator().manual_seed(0))
    drawn = list(BalancedSampler(torch.ones(650), lengths, 32, seed=0))
    batches = [lengths[drawn[start : start + 32]].float() for start in range(0, 640, 32)]
    assert len(drawn) == 650
    assert np.mean([batch.max() - batch.min() for batch in batches]) < 150  # of 650; about 610 in batches drawn blindly
    means = torch.stack([batch.mean() for batch in batches])
    assert not torch.equal(means, means.sort().values)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return at_16_khz("call_two_channels.flac")[0][8_000:56_000]


@pytest.mark.parametrize("name", [name for name in CHANCES if name != "join"])
def test_every_change_of_a_waveform_is_random_and_reproducible(name: str, speech: np.ndarray) -> None:
    changed = [augment_waveform(speech, [name], np.random.default_rng(seed)) for seed in range(60)]
    again = [augment_waveform(speech, [name], np.random.default_rng(seed)) for seed in range(60)]
    for first, second in zip(changed, again, strict=True):
        np.testing.assert_array_equal(first, second)
        assert first.dtype == np.float32 and np.isfinite(first).all()
        assert 0.8 * len(speech) < len(first) < 1.25 * len(speech)
    assert any(len(samples) != len(speech) or not np.array_equal(samples, speech) for samples in changed)
    assert any(samples is speech for samples in changed)  # with its chance, not always


def test_a_change_happens_as_often_as_its_name_says(speech: np.ndarray) -> None:
    for name, least, most in (("gain:0", 0, 0), ("gain:0.5", 8, 32), ("gain:1", 40, 40)):
        changed = [augment_waveform(speech, [name], np.random.default_rng(seed)) for seed in range(40)]
        assert least <= sum(samples is not speech for samples in changed) <= most


def test_clips_are_joined_with_others_of_their_voice_and_emotion() -> None:
    table = pd.DataFrame({"corpus": "calls", "emotion": ["sad", "sad", "angry", "sad", "sad"], "path": [*"abcde"]})
    table["speaker"] = ["one", "one", "one", "two", ""]
    clips = [Clip(np.full(16_000 + 50_000 * (row == 3), 1_000 * row, np.int16), 0, 16_000) for row in range(5)]
    dataset = ClipDataset(table, clips, ["sad", "angry"], ["join:1"])
    dataset.targets[1] = [0.6, 0.4]  # as a teacher has it
    joined = [{round(32.767 * value) for value in dataset[row]["samples"]} for row in [0] * 20 + [2, 3, 4]]
    assert {0, 1} in joined[:20] and all(heard <= {0, 1} for heard in joined[:20])
    assert joined[20:] == [{2}, {3}, {4}]  # nobody else is of their voice and emotion
    assert {len(dataset[0]["samples"]), len(dataset[2]["samples"])} == {32_000}
    assert max(len(dataset[3]["samples"]) for _ in range(20)) <= 96_000  # as long as a window is
    assert {round(float(dataset[0]["target"][0]), 1) for _ in range(20)} == {1.0, 0.8}
    assert len(dataset.as_they_are()[0]["samples"]) == 16_000


def test_features_are_shifted_and_masked_with_their_lowest_value() -> None:
    frames = np.random.default_rng(0).uniform(1, 2, (200, 102)).astype(np.float32)
    lowest = frames.min()
    masked = augment_features(frames.copy(), ["specaugment"], np.random.default_rng(1))
    assert 0 < (masked == lowest).mean() < 0.6 and ((masked == frames) | (masked == lowest)).all()
    shifted = augment_features(frames.copy(), ["frequency-shift"], np.random.default_rng(2))
    assert any(np.array_equal(shifted[:, 8:90], frames[:, 8 - n : 90 - n]) for n in (-4, -3, -2, -1, 1, 2, 3, 4))
    np.testing.assert_array_equal(augment_features(frames.copy(), ["mixup"], np.random.default_rng(1)), frames)


def test_a_crop_keeps_the_speech_of_a_short_clip() -> None:
    samples = np.arange(40_000)
    for seed in range(20):
        cropped = crop(samples, 5_000, 30_000, np.random.default_rng(seed))
        assert cropped[0] <= 5_000 and cropped[-1] >= 29_999
    assert len(crop(np.arange(200_000), 0, 200_000, np.random.default_rng(0))) == 64_000


def test_a_card_tells_how_often_a_weak_model_was_right_above_its_bound(tmp_path: Path) -> None:
    """4 times in 5 is what is sought: of this one ten of ten happy and a third of the sad clips are right."""
    labels, said = ["happy", "sad"], np.array([0] * 30 + [1] * 10)
    table = pd.DataFrame({"corpus": "calls", "emotion": ["happy"] * 10 + ["sad"] * 30, "path": "x"})
    dev = ClipDataset(table, [Clip(np.zeros(100, np.int16), 0, 100)] * 40, labels)
    network, extractor = new_network(labels)
    calibration, _ = calibrate(network, np.eye(2)[said], dev, labels)
    assert calibration["uncertain_below"] > 0
    save_model(network, extractor, tmp_path, {"calibration": calibration})
    write_card(tmp_path)
    card = " ".join((tmp_path / "README.md").read_text().split())
    assert "which 100 % of the clips of these speakers reached, 67 % were right, every emotion counting alike." in card


def peak_of_memory() -> int:
    """The most bytes that this process has taken since 5 was written to /proc/self/clear_refs."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def test_fitting_a_classifier_holds_what_it_is_given_but_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, width = 8_000, 5_000
    table = pd.DataFrame({"corpus": "calls", "emotion": ["happy", "sad"] * (rows // 2), "path": "x"})
    clips = ClipDataset(table, [Clip(np.zeros(100, np.int16), 0, 100)] * rows, ["happy", "sad"])
    model = torch.nn.Linear(width, 2)

    def hear(*_: object) -> None:
        for _ in range(rows // 32):
            model(torch.randn(32, width))

    monkeypatch.setattr(probe, "hear", hear)
    monkeypatch.setattr(probe, "STEPS", 1)
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_of_memory()
    probe.fit_classifier(model, None, [clips], 0.5, 0.1, lambda done, total: None)
    assert peak_of_memory() - before < 1.5 * 4 * rows * width
