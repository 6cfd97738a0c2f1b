"""Several trainings as one checkpoint, by the command that people type."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from smart_turn_file import SHAPE, write_smart_turn

from ser_demo import EmotionRecognizer
from ser_demo.cli import main
from ser_demo.evaluation.calibration import read_calibration


def train(corpora: Path, output: Path, *more: str) -> Path:
    arguments = ["finetune", "--data", str(corpora), "--output", str(output), "--epochs", "1", "--batch-size", "4"]
    assert main([*arguments, *more]) == 0
    return output


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that start from a file of weights as Smart Turn's are."""
    folder = tmp_path_factory.mktemp("start")
    write_smart_turn(folder / "turn.onnx")
    (folder / "small.json").write_text(json.dumps({"model_type": "ser_whisper", **SHAPE, "encoder_ffn_dim": 8}))
    return ["--weights", str(folder / "turn.onnx"), "--model", str(folder / "small.json")]


@pytest.fixture(scope="module")
def first(corpora: Path, start: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpora, tmp_path_factory.mktemp("first") / "model", *start)


@pytest.fixture(scope="module")
def second(corpora: Path, start: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpora, tmp_path_factory.mktemp("second") / "model", *start, "--seed", "1")


def uncalibrated(model: Path) -> dict[str, torch.Tensor]:
    """The weights before temperature and biases were folded in."""
    weights, calibration = load_file(model / "model.safetensors"), read_calibration(str(model))
    assert calibration is not None
    biases = torch.tensor([*calibration.biases.values()])
    weights["classifier.weight"] *= calibration.temperature
    weights["classifier.bias"] = (weights["classifier.bias"] - biases) * calibration.temperature
    return weights


def test_two_trainings_become_one_checkpoint(first: Path, second: Path, corpora: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    assert main(["average", str(first), str(second), "--data", str(corpora), "--output", str(both)]) == 0
    one, other, mean = uncalibrated(first), uncalibrated(second), uncalibrated(both)
    for name, weight in mean.items():
        if weight.is_floating_point():
            torch.testing.assert_close(weight, (one[name] + other[name]) / 2, atol=1e-5, rtol=1e-4)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])
    recognizer = EmotionRecognizer(str(both))
    assert recognizer.labels == EmotionRecognizer(str(first)).labels
    scores = recognizer.recognize(corpora / "03-01-05-01-01-01-01.wav").channels[0].scores
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    training = json.loads((both / "training.json").read_text())
    card = (both / "README.md").read_text()
    commands = [json.loads((model / "training.json").read_text())["command"] for model in (first, second)]
    assert all(command in card for command in [*commands, training["command"]])
    for needed in ("Seed 0.", "Seed 1.", "The mean of their weights reaches", "2026, Daily"):
        assert needed in card
    assert json.loads((both / "evaluation.json").read_text())["corpora"]


def test_what_cannot_be_averaged_is_named(
    first: Path, start: list[str], corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = ["--data", str(corpora), "--output", str(tmp_path / "both")]
    assert main(["average", str(first), *rest]) == 2
    shape = {"model_type": "ser_whisper", **SHAPE, "encoder_ffn_dim": 6}
    (tmp_path / "thinner.json").write_text(json.dumps(shape))
    thinner = train(corpora, tmp_path / "thinner", "--model", str(tmp_path / "thinner.json"))
    fewer = train(corpora, tmp_path / "fewer", *start, "--emotions", "angry,calm")
    bare = shutil.copytree(first, tmp_path / "bare")
    (bare / "training.json").unlink()
    capsys.readouterr()
    for wrong, said in (
        (thinner, "shape"),
        (fewer, "does not answer"),
        (bare, "training.json"),
        (tmp_path, "finetune"),
    ):
        assert main(["average", str(first), str(wrong), *rest]) == 1
        error = capsys.readouterr().err
        assert str(wrong) in error and said in error
    assert main(["average", str(first), str(first), "--data", str(corpora), "--output", str(first)]) == 1
    assert "finished model" in capsys.readouterr().err and not (tmp_path / "both" / "config.json").exists()
