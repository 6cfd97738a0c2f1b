"""Several trainings as one checkpoint, by the command that people type."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from recordings import at_16_khz

import ser_demo
from ser_demo import EmotionRecognizer
from ser_demo.cli import main
from ser_demo.mobilenet.feature_extraction_ser_mobilenet import SerMobileNetFeatureExtractor
from ser_demo.mobilenet.modeling_ser_mobilenet import SerMobileNetForAudioClassification
from ser_demo.training.architectures import new_mobilenet

WITHOUT_SCALES = Path(ser_demo.__file__).parent / "training" / "without_scales.json"


def train(corpora: Path, output: Path, *more: str) -> Path:
    arguments = ["finetune", "--data", str(corpora), "--output", str(output), "--epochs", "1", "--batch-size", "4"]
    assert main([*arguments, *more]) == 0
    return output


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that start from a file of weights as EfficientAT's are."""
    network, _ = new_mobilenet(["angry", "sad"])
    parts = (network.encoder, network.branches[0].blocks, network.branches[0].last)
    tensors = [tensor for part in parts for tensor in part.state_dict().values()]
    file = tmp_path_factory.mktemp("start") / "weights.pt"
    torch.save({f"features.{number:03}": tensor for number, tensor in enumerate(tensors)}, file)
    return ["--weights", str(file), "--freeze", "encoder"]


@pytest.fixture(scope="module")
def first(corpora: Path, start: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpora, tmp_path_factory.mktemp("first") / "model", *start)


@pytest.fixture(scope="module")
def second(corpora: Path, start: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpora, tmp_path_factory.mktemp("second") / "model", *start, "--model", str(WITHOUT_SCALES))


def logits(model: Path) -> torch.Tensor:
    network = SerMobileNetForAudioClassification.from_pretrained(model).eval()
    extractor = SerMobileNetFeatureExtractor.from_pretrained(model)
    clips = [at_16_khz("call_two_channels.flac")[0][start : start + 32_000] for start in (8_000, 40_000)]
    with torch.no_grad():
        return network(**extractor(clips, sampling_rate=16_000, return_tensors="pt")).logits


def calibration_of(model: Path) -> tuple[float, torch.Tensor]:
    """Temperature and biases that are folded in."""
    record = json.loads((model / "calibration.json").read_text())
    return record["temperature"], torch.tensor([*record["biases"].values()])


def uncalibrated(model: Path) -> torch.Tensor:
    temperature, biases = calibration_of(model)
    return (logits(model) - biases) * temperature


def test_two_trainings_become_one_checkpoint(first: Path, second: Path, corpora: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    assert main(["join", str(first), str(second), "--data", str(corpora), "--output", str(both)]) == 0
    assert json.loads((both / "config.json").read_text())["pooled_blocks"] == [[2, 5, 11, 14], []]
    recognizer = EmotionRecognizer(str(both))
    assert recognizer.labels == EmotionRecognizer(str(first)).labels
    scores = recognizer.recognize(corpora / "03-01-05-01-01-01-01.wav").channels[0].scores
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    training = json.loads((both / "training.json").read_text())
    card = (both / "README.md").read_text()
    commands = [json.loads((model / "training.json").read_text())["command"] for model in (first, second)]
    assert all(command in card for command in [*commands, training["command"]])
    assert "2 branches" in card and json.loads((both / "evaluation.json").read_text())["corpora"]


def test_the_branches_answer_by_their_mean_which_is_calibrated_once(first: Path, corpora: Path, tmp_path: Path) -> None:
    """Twins, whose mean is what each of them says."""
    assert main(["join", str(first), str(first), "--data", str(corpora), "--output", str(tmp_path / "twins")]) == 0
    twins = tmp_path / "twins"
    np.testing.assert_allclose(uncalibrated(twins), uncalibrated(first), atol=1e-4)
    np.testing.assert_allclose(calibration_of(twins)[0], calibration_of(first)[0], rtol=0.05)
    np.testing.assert_allclose(calibration_of(twins)[1], calibration_of(first)[1], atol=0.05)


def test_branches_that_differ_meet_in_the_middle() -> None:
    config = SerMobileNetForAudioClassification.config_class(pooled_blocks=[[], [2]])
    network = SerMobileNetForAudioClassification(config).eval()
    frames = torch.randn(2, 80, config.num_mel_bands)
    with torch.no_grad():
        x, mask = network.encoder(frames.mT[:, None], torch.ones(2, 1, 1, 80))
        one, other = (branch(x, mask) for branch in network.branches)
        torch.testing.assert_close(network(frames).logits, (one + other) / 2)
    assert not torch.allclose(one, other)


def test_what_cannot_be_joined_is_named(
    first: Path, start: list[str], corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = ["--data", str(corpora), "--output", str(tmp_path / "both")]
    assert main(["join", str(first), *rest]) == 2
    stranger = train(corpora, tmp_path / "stranger", "--seed", "1")
    fewer = train(corpora, tmp_path / "fewer", *start, "--emotions", "angry,calm")
    bare = shutil.copytree(first, tmp_path / "bare")
    (bare / "training.json").unlink()
    capsys.readouterr()
    for wrong, said in ((stranger, "encoder"), (fewer, "does not answer"), (bare, "training.json"), (tmp_path, "join")):
        assert main(["join", str(first), str(wrong), *rest]) == 1
        error = capsys.readouterr().err
        assert str(wrong) in error and said in error
    assert main(["join", str(first), str(first), "--data", str(corpora), "--output", str(first)]) == 1
    assert "finished model" in capsys.readouterr().err and not (tmp_path / "both" / "config.json").exists()
