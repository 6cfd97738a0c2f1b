"""Training: losses, sampling, augmentation, and a whole small training from folders to a checkpoint."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from recordings import at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.cli import main
from ser_demo.training.augmentation import add_noise, augment_frames, augment_waveform, crop
from ser_demo.training.dataset import mix
from ser_demo.training.trainer import LABEL_SMOOTHING, masked_cross_entropy, moving_average, sampling_weights


def test_labels_that_a_corpus_lacks_do_not_move_its_loss() -> None:
    known = torch.tensor([[1.0, 1.0, 0.0]])
    labels = torch.tensor([[1.0, 0.0, 0.0]])
    logits = torch.tensor([[1.0, 0.0, 5.0]], requires_grad=True)
    loss = masked_cross_entropy(logits, labels, known)
    p = torch.tensor([1.0, 0.0]).log_softmax(0)
    expected = -((1 - LABEL_SMOOTHING / 2) * p[0] + LABEL_SMOOTHING / 2 * p[1])
    torch.testing.assert_close(loss.detach(), expected)
    loss.backward()
    assert logits.grad[0, 2] == 0


def test_only_clips_of_one_label_set_are_mixed() -> None:
    torch.manual_seed(0)
    known = torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    labels = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    for _ in range(10):
        batch = {"input_features": torch.randn(4, 5, 3), "attention_mask": torch.ones(4, 5), "labels": labels}
        mixed = mix({**batch, "known": known}, 0.7)
        assert (mixed["labels"] * (1 - known)).sum() == 0
        torch.testing.assert_close(mixed["labels"].sum(1), torch.ones(4))


def test_rare_emotions_and_small_corpora_are_drawn_more_often() -> None:
    table = pd.DataFrame(
        {"corpus": ["big"] * 100 + ["small"] * 4, "emotion": ["sad"] * 90 + ["happy"] * 10 + ["sad"] * 4}
    )
    weights = sampling_weights(table.assign(path="x"))
    assert weights[95] > weights[0] and weights[103] > weights[95]


def test_a_young_average_follows_the_weights_an_old_one_holds_still() -> None:
    zero, one = torch.zeros(1), torch.ones(1)
    assert moving_average(zero, one, torch.tensor(1)) > 0.5
    assert moving_average(zero, one, torch.tensor(10**6)) < 0.01


def test_augmentation_is_random_and_reproducible() -> None:
    samples = np.sin(np.arange(32_000) / 20).astype(np.float32)
    first, again, other = (augment_waveform(samples, np.random.default_rng(seed)) for seed in (2, 2, 6))
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or not np.array_equal(first, other)
    frames = np.ones((200, 102), dtype=np.float32)
    masked = augment_frames(frames.copy(), -1.4, np.random.default_rng(1))
    assert masked.shape == frames.shape and set(np.unique(masked)) == {np.float32(-1.4), np.float32(1)}


def test_noise_has_the_asked_ratio() -> None:
    samples = np.sin(np.arange(64_000) / 20).astype(np.float32)
    noise = add_noise(samples, 10, np.random.default_rng(0)) - samples
    assert 10 * np.log10(np.mean(samples**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.1)


def test_a_crop_keeps_the_speech_of_a_short_clip() -> None:
    samples = np.arange(40_000)
    for seed in range(20):
        cropped = crop(samples, 5_000, 30_000, np.random.default_rng(seed))
        assert cropped[0] <= 5_000 and cropped[-1] >= 29_999
    assert len(crop(np.arange(200_000), 0, 200_000, np.random.default_rng(0))) == 64_000


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pieces of the example call under names of RAVDESS (train 02, dev 04, test 01) and CREMA-D, one of them broken."""
    folder = tmp_path_factory.mktemp("corpora")
    agent, customer = at_16_khz("call_two_channels.flac")
    pieces = [
        channel[i : i + 24_000] for channel in (agent[8_000:80_000], customer[95_000:150_000]) for i in (0, 24_000)
    ]
    for actor in ("02", "04", "01"):
        for number, piece in enumerate(pieces):
            emotion = "05" if number > 1 else "02"
            soundfile.write(folder / f"03-01-{emotion}-01-01-0{number % 2 + 1}-{actor}.wav", piece, 16_000)
    for actor in ("1040", "1020", "1001"):
        soundfile.write(folder / f"{actor}_IEO_ANG_XX.wav", pieces[2], 16_000)
        soundfile.write(folder / f"{actor}_IEO_NEU_XX.wav", pieces[0], 16_000)
    (folder / "1041_IEO_NEU_XX.wav").write_bytes(b"broken")
    soundfile.write(folder / "1042_IEO_NEU_XX.wav", np.zeros(16_000), 16_000)
    return folder


def test_one_command_trains_evaluates_and_writes_a_checkpoint(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "model"
    arguments = ["finetune", "--data", str(corpora), "--output", str(output), "--epochs", "2", "--batch-size", "4"]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "set aside: 1041_IEO_NEU_XX.wav" in printed.err and "1042_IEO_NEU_XX.wav: silent" in printed.err
    assert "| ravdess | 4 | 1 | 2 |" in printed.out and "| crema-d | 2 | 1 | 2 |" in printed.out
    scores = EmotionRecognizer(str(output)).recognize(corpora / "03-01-05-01-01-01-01.wav").channels[0].scores
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    record = json.loads((output / "training.json").read_text())
    assert record["speakers"]["train"]["ravdess"]["speakers"] == ["02"]
    assert "1001" not in json.dumps(record["speakers"]) and record["start"] == "random"
    card = (output / "README.md").read_text()
    assert "| ravdess | 4 | 1 | 2 |" in card and "$" not in card
    assert not (output / "training").exists()


def test_an_interrupted_training_is_resumed(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import Trainer

    output = tmp_path / "model"
    arguments = ["finetune", "--data", str(corpora), "--output", str(output), "--epochs", "3", "--batch-size", "4"]
    save = Trainer._save_checkpoint

    def stop_after_saving(*args: object) -> None:
        save(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_save_checkpoint", stop_after_saving)
        assert main(arguments) == 130
    assert "--resume" in capsys.readouterr().err
    assert main(arguments) == 1  # would overwrite the saved epoch
    assert "--resume" in capsys.readouterr().err
    assert main([*arguments, "--resume"]) == 0
    epochs = [entry["epoch"] for entry in json.loads((output / "training.json").read_text())["log"] if "loss" in entry]
    assert epochs == [1.0, 2.0, 3.0]


def test_resuming_nothing_and_wrong_weights_are_errors(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["finetune", "--data", str(corpora), "--output", str(tmp_path / "model")]
    assert main([*arguments, "--resume"]) == 1
    assert "no saved epoch" in capsys.readouterr().err
    (tmp_path / "weights.pt").write_text("nothing")
    for weights in ("weights.pt", "missing.pt"):
        assert main([*arguments, "--weights", str(tmp_path / weights)]) == 1
        assert weights in capsys.readouterr().err
