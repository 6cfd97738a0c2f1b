"""Several trainings as one checkpoint, by the command that people type."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from recordings import at_16_khz
from safetensors.torch import load_file, save_file
from smart_turn_file import SHAPE, write_smart_turn

from ser_demo import EmotionRecognizer
from ser_demo.cli import main
from ser_demo.corpora.read import read_corpora
from ser_demo.corpora.splits import assign_split
from ser_demo.evaluation.calibration import balanced_weights, fit_calibration, read_calibration
from ser_demo.training.architectures import load_network
from ser_demo.training.clips import dataset, prepare
from ser_demo.training.hearing import hear
from ser_demo.training.smart_turn import read_smart_turn
from ser_demo.training.voices import merge_speakers
from ser_demo.training.watch import Silence


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


@pytest.fixture(scope="module")
def folds(corpora: Path, start: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two trainings, each of which the development speaker who chooses in the other trains too."""
    folder = tmp_path_factory.mktemp("folds")
    return [train(corpora, folder / part, *start, "--fold", f"{part}/2") for part in ("1", "2")]


def uncalibrated(model: Path) -> dict[str, torch.Tensor]:
    """The weights before temperature and biases were folded in."""
    stored = load_file(model / "model.safetensors").items()
    weights = {name: value.double() if value.is_floating_point() else value for name, value in stored}
    calibration = read_calibration(str(model))
    assert calibration is not None
    biases = torch.tensor([*calibration.biases.values()])
    weights["classifier.weight"] *= calibration.temperature
    weights["classifier.bias"] = (weights["classifier.bias"] - biases) * calibration.temperature
    return weights


def assert_mean(weight: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> None:
    """`weight` is the mean of the two but for the rounding of all three to half precision."""
    assert ((weight - (one + other) / 2).abs() <= 1e-3 * (one.abs() + other.abs()) + 1e-5).all()


def test_two_trainings_become_one_checkpoint(first: Path, second: Path, corpora: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    assert main(["average", str(first), str(second), "--data", str(corpora), "--output", str(both)]) == 0
    one, other, mean = uncalibrated(first), uncalibrated(second), uncalibrated(both)
    for name, weight in mean.items():
        if weight.is_floating_point():
            assert_mean(weight, one[name], other[name])
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])
    recognizer = EmotionRecognizer(str(both))
    assert recognizer.labels == EmotionRecognizer(str(first)).labels
    scores = recognizer.recognize(corpora / "03-01-05-01-01-01-01.wav").channels[0].scores
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    training = json.loads((both / "training.json").read_text())
    card = (both / "README.md").read_text()
    commands = [json.loads((model / "training.json").read_text())["command"] for model in (first, second)]
    assert all(command in card for command in [*commands, training["command"]])
    for needed in ("Seed 0.", "Seed 1.", "of the 2 checkpoints that its command names reaches", "2026, Daily"):
        assert needed in card
    assert json.loads((both / "evaluation.json").read_text())["corpora"]


def test_checkpoints_that_pool_in_different_ways_have_a_mean(
    first: Path, start: list[str], corpora: Path, tmp_path: Path
) -> None:
    """With the same layers, it answers by the mean of their logits."""
    shape = json.loads(Path(start[3]).read_text())
    (tmp_path / "shape.json").write_text(json.dumps({**shape, "pooling": ["relative_attention"]}))
    more = ["--model", str(tmp_path / "shape.json"), "--weights", str(first), "--freeze", "body"]
    relative, both = train(corpora, tmp_path / "relative", *more), tmp_path / "both"
    assert main(["average", str(first), str(relative), "--data", str(corpora), "--output", str(both)]) == 0
    features = torch.randn(2, 60, 80, generator=torch.Generator().manual_seed(0))

    def logits(folder: Path) -> torch.Tensor:
        network, _, _ = load_network(str(folder), list(EmotionRecognizer(str(first)).labels))
        weights = uncalibrated(folder)
        network.load_state_dict(weights)
        with torch.no_grad():
            return network(features).logits

    expected = (logits(first) + logits(relative)) / 2
    torch.testing.assert_close(logits(both), expected, atol=0.02, rtol=0.02)
    assert "statistics and attention over time" in (both / "README.md").read_text()


def test_a_mean_counts_as_one_in_another(
    first: Path, second: Path, start: list[str], corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, output = tmp_path / "both", tmp_path / "output"
    rest = ["--data", str(corpora), "--output"]
    monkeypatch.setattr(sys, "argv", ["ser_demo", "the", "mean"])  # of which the card tells the command
    assert main(["average", str(first), str(second), *rest, str(both)]) == 0
    monkeypatch.setattr(sys, "argv", ["ser_demo", "classifier"])
    refitted = train(corpora, tmp_path / "refitted", *start[2:], "--weights", str(both), "--epochs", "0")
    monkeypatch.setattr(sys, "argv", ["ser_demo", "half"])
    assert main(["average", str(both), str(refitted), *rest, str(output)]) == 0
    one, other, mean = uncalibrated(both), uncalibrated(refitted), uncalibrated(output)
    assert_mean(mean["classifier.weight"], one["classifier.weight"], other["classifier.weight"])
    torch.testing.assert_close(mean["encoder.conv2.weight"], one["encoder.conv2.weight"])
    card = (output / "README.md").read_text()
    made = [json.loads((model / "training.json").read_text())["command"] for model in (first, second)]
    commands = "\n".join([*made, *(f"python -m ser_demo {name}" for name in ("the mean", "classifier", "half"))])
    assert f"```\n{commands}\n```" in card  # in the order in which they are to be run
    assert card.count("of the 2 checkpoints that its command names reaches") == 2
    assert card.count("Epoch 1 of at most 1") == 2 and card.count("Nothing but the classifier was fitted") == 1


def test_layers_whose_values_are_in_another_order_are_brought_into_one(
    first: Path, second: Path, corpora: Path, tmp_path: Path
) -> None:
    """As those of trainings that start from layers thinned by other clips."""
    other = shutil.copytree(second, tmp_path / "other")
    mixed = load_file(other / "model.safetensors")
    order = torch.randperm(8, generator=torch.Generator().manual_seed(0))
    for layer in ("encoder.layers.0", "encoder.layers.1"):
        for name in (f"{layer}.fc1.weight", f"{layer}.fc1.bias"):
            mixed[name] = mixed[name][order]
        mixed[f"{layer}.fc2.weight"] = mixed[f"{layer}.fc2.weight"][:, order].contiguous()
    save_file(mixed, other / "model.safetensors", {"format": "pt"})
    for folder in (second, other):
        output = tmp_path / f"with {folder.name}"
        assert main(["average", str(first), str(folder), "--data", str(corpora), "--output", str(output)]) == 0
    one, again = (load_file(tmp_path / f"with {name}" / "model.safetensors") for name in (second.name, "other"))
    for name, weight in one.items():
        assert_mean(again[name], weight, weight)


def test_the_start_may_be_averaged_too(first: Path, start: list[str], corpora: Path, tmp_path: Path) -> None:
    """Whose classifier is fitted and whose other weights are those that trainings begin with."""
    begun = train(corpora, tmp_path / "begun", *start, "--epochs", "0")
    turn = read_smart_turn(Path(start[1]))
    assert torch.equal(load_file(begun / "model.safetensors")["encoder.conv2.weight"], turn["conv2.weight"].half())
    card = (begun / "README.md").read_text()
    assert "Nothing but the classifier was fitted" in card and "curves.png" not in card
    output = tmp_path / "both"
    assert main(["average", str(first), str(begun), "--data", str(corpora), "--output", str(output)]) == 0
    one, other, mean = uncalibrated(first), uncalibrated(begun), uncalibrated(output)
    assert_mean(mean["encoder.conv2.weight"], one["encoder.conv2.weight"], turn["conv2.weight"])
    assert_mean(mean["classifier.weight"], one["classifier.weight"], other["classifier.weight"])
    card = (output / "README.md").read_text()
    assert "Epoch 1 of at most 1" in card and "Nothing but the classifier was fitted" in card


def test_a_new_classifier_is_fitted_to_changed_waveforms_too(start: list[str], corpora: Path, tmp_path: Path) -> None:
    plain, masked, telephone = (
        uncalibrated(train(corpora, tmp_path / name, *start, "--epochs", "0", "--augment", name))
        for name in ("none", "specaugment", "telephone:1")
    )
    torch.testing.assert_close(plain["classifier.weight"], masked["classifier.weight"])
    assert not torch.allclose(plain["classifier.weight"], telephone["classifier.weight"], rtol=0.1)
    assert torch.equal(plain["encoder.layers.0.fc1.weight"], telephone["encoder.layers.0.fc1.weight"])


def test_development_speakers_who_train_in_one_fold_choose_in_the_other(folds: list[Path]) -> None:
    first, second = (json.loads((fold / "training.json").read_text())["speakers"] for fold in folds)
    assert speakers(first["dev"]) == {("crema-d", "1020")} and speakers(second["dev"]) == {("ravdess", "04")}
    assert ("ravdess", "04") in speakers(first["train"]) and ("crema-d", "1020") in speakers(second["train"])
    assert "speakers: 1 of CREMA-D;" in (folds[0] / "README.md").read_text()


def test_folds_are_calibrated_by_answers_to_voices_that_did_not_train(
    folds: list[Path], corpora: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    assert main(["average", *map(str, folds), "--data", str(corpora), "--output", str(both)]) == 0
    record = json.loads((both / "training.json").read_text())
    train = speakers(record["speakers"]["train"])
    assert {("crema-d", "1020"), ("ravdess", "04")} < train and not speakers(record["speakers"]["dev"])
    assert not {("crema-d", "1001"), ("ravdess", "01")} & train
    card = (both / "README.md").read_text()
    assert "answered by networks that had not heard them" in card and "speakers that it has never heard" in card
    assert "the mean of the trainings that had not heard them" in card and "of an earlier training" not in card

    # Each fold alone knows who did not train it.
    calibration = read_calibration(str(both))
    labels = EmotionRecognizer(str(both)).labels
    split = read_corpora([str(corpora)], None, None).table
    dev = dataset(prepare(split.assign(split=assign_split(split)), ("dev",), labels, Silence()), "dev", labels)
    answers = []
    for fold in folds:
        network, extractor, _ = load_network(str(fold), labels)
        network.load_state_dict(uncalibrated(fold))
        answers.append(hear(network, extractor, dev, lambda done, total: None))
    of_new_voices = np.where((dev.table["corpus"] == "crema-d").to_numpy()[:, None], *answers)
    weights = balanced_weights(dev.table).to_numpy()
    temperature, biases = fit_calibration(of_new_voices, np.array(dev.classes), np.stack(dev.known), weights)
    assert calibration is not None and calibration.temperature == pytest.approx(temperature, rel=1e-3)
    assert list(calibration.biases.values()) == pytest.approx(biases.tolist(), abs=1e-3)


def test_voices_that_trained_are_remembered_where_other_recordings_calibrate(
    first: Path, second: Path, tmp_path: Path
) -> None:
    (tmp_path / "emodb").mkdir()
    agent, _ = at_16_khz("call_two_channels.flac")
    for number, name in enumerate(("10a01Wa", "10a01Na", "09a01Wa", "09a01Na", "03a01Wa", "03a01Na")):
        piece = agent[8_000 + 8_000 * number :][:24_000]
        soundfile.write(tmp_path / "emodb" / f"{name}.wav", piece, 16_000)
    both, again = tmp_path / "both", tmp_path / "again"
    rest = ["--data", str(tmp_path / "emodb"), "--output"]
    assert main(["average", str(first), str(second), *rest, str(both)]) == 0
    assert main(["average", str(both), str(first), *rest, str(again)]) == 0
    theirs = json.loads((first / "training.json").read_text())["speakers"]
    for mean in (both, again):
        its = json.loads((mean / "training.json").read_text())["speakers"]
        assert its["train"] == theirs["train"] and its["dev"].pop("emodb")["speakers"] == ["09"]
        assert its["dev"] == theirs["dev"]
        card = (mean / "README.md").read_text()
        assert "license: cc-by-nc-sa-4.0" in card and "| ravdess | training | 4 | 1 |" in card


def test_voices_of_two_trainings_count_once() -> None:
    def told(names: list[str], clips: int, genders: dict[str, int], languages: list[str]) -> dict[str, Any]:
        return {"clips": clips, "speakers": names, "genders": genders, "languages": languages}

    one = {"train": {"calls": told(["a", "b"], 20, {"male": 2}, ["en"])}, "dev": {}}
    other = {
        "train": {"calls": told(["c"], 5, {"female": 1}, ["de"])},
        "dev": {"calls": told(["a", "b"], 20, {"male": 2}, ["en"]), "notes": told(["d"], 3, {"male": 1}, [])},
    }
    merged = merge_speakers([one, other, one])
    assert merged["train"] == {"calls": told(["a", "b", "c"], 25, {"male": 2, "female": 1}, ["de", "en"])}
    assert merged["dev"] == {"notes": told(["d"], 3, {"male": 1}, [])}  # a and b trained
    overlapping = {"train": {"calls": told(["b", "c", "d", "e"], 40, {"male": 3, "female": 1}, ["en"])}, "dev": {}}
    merged = merge_speakers([one, overlapping])
    assert merged["train"]["calls"]["speakers"] == ["a", "b", "c", "d", "e"]
    assert merged["train"]["calls"]["clips"] == 50  # half of those of a and b are a's


def speakers(corpora: dict[str, Any]) -> set[tuple[str, str]]:
    return {(corpus, speaker) for corpus, of in corpora.items() for speaker in of["speakers"]}


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
    (tmp_path / "README.md").write_text("dear")
    assert main(["average", str(first), str(first), "--data", str(corpora), "--output", str(tmp_path)]) == 1
    assert "holds a README.md" in capsys.readouterr().err and (tmp_path / "README.md").read_text() == "dear"
    (tmp_path / "file").write_text("dear")
    assert main(["average", str(first), str(first), "--data", str(corpora), "--output", str(tmp_path / "file")]) == 1
    error = capsys.readouterr().err
    assert f"{tmp_path / 'file'}: cannot be made" in error and "development UAR" not in error
