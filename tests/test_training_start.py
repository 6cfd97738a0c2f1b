"""What is settled before the first step of a training: its start, its share of the machine, and what is wrong."""

import json
import os
import resource
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_training import arguments
from transformers import ASTConfig, TrainingArguments

from ser_demo.cli import main
from ser_demo.settings import EMBEDDED
from ser_demo.training import finetune
from ser_demo.training.architectures import new_network
from ser_demo.training.checkpoint import save_model
from ser_demo.training.trainer import EmotionTrainer

LABELS = ["neutral", "calm", "angry"]  # of the fixture `corpora`


def stopped(*_: object, **__: object) -> None:
    """As a training that is stopped at once."""
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--model", "broken.json"], "broken.json: cannot be trained"),
        (["--model", "mistyped.json"], "mistyped.json: cannot be trained"),
        (["--model", "ast", "--weights", str(EMBEDDED)], "cannot start a audio-spectrogram-transformer"),
        (["--model", "ast", "--freeze", "encoder"], "has no feature encoder"),
        (["--teacher", str(EMBEDDED)], "does not answer with neutral, calm, angry"),
        (["--weights", "missing.onnx"], "missing.onnx"),
    ],
)
def test_a_wrong_start_is_found_before_anything_is_decoded(
    wrong: list[str],
    message: str,
    corpora: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    ASTConfig(**small, max_length=128).save_pretrained("ast")
    Path("broken.json").write_text("{}")
    Path("mistyped.json").write_text('{"model_type": "hubert", "hidden_size": "16"}')
    assert main(arguments(corpora, tmp_path / "model", *wrong)) == 1
    said = capsys.readouterr().err
    assert message in said and "set aside" not in said


def test_beside_weights_a_model_gives_its_shape_alone(corpora: Path, tmp_path: Path) -> None:
    save_model(*new_network(LABELS), tmp_path / "start", {"training": {}})
    made = []
    for name, model in (("shape", tmp_path / "start" / "config.json"), ("checkpoint", tmp_path / "start")):
        recipe = ("--model", str(model), "--weights", str(EMBEDDED), "--augment", "none", "--epochs", "0")
        assert main(arguments(corpora, tmp_path / name, *recipe)) == 0
        made.append(load_file(tmp_path / name / "model.safetensors"))
        told = json.loads((tmp_path / name / "training.json").read_text())
        assert told["start"] == EMBEDDED.name and told["lineage"][0]["of"] == EMBEDDED.name
    for name, value in made[0].items():
        torch.testing.assert_close(made[1][name], value, rtol=0, atol=0)


def test_every_process_draws_its_own_changes(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = []

    def draw(*_: object, **__: object) -> None:
        draws.append(float(torch.rand(())))
        raise KeyboardInterrupt

    monkeypatch.setattr(EmotionTrainer, "train", draw)
    for number in (0, 1, 0):
        monkeypatch.setattr(TrainingArguments, "process_index", number)
        assert main(arguments(corpora, tmp_path / "model", "--augment", "none")) == 130
    assert draws[0] == draws[2] != draws[1]


def test_a_second_gpu_does_not_double_the_batch(corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnTwoGpus(TrainingArguments):
        def __post_init__(self) -> None:
            super().__post_init__()
            self._n_gpu = 2

    sizes = []

    def look(trainer: EmotionTrainer, **_: object) -> None:
        sizes.append((trainer.args.train_batch_size, trainer.args.n_gpu))
        raise KeyboardInterrupt

    monkeypatch.setattr(finetune, "TrainingArguments", OnTwoGpus)
    monkeypatch.setattr(EmotionTrainer, "train", look)
    assert main(arguments(corpora, tmp_path / "model", "--augment", "none")) == 130
    assert sizes == [(4, 1)]


def test_what_is_stopped_before_its_first_epoch_is_not_told_to_resume(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(corpora, tmp_path / "model", "--augment", "none")
    monkeypatch.setattr(sys, "argv", ["ser_demo", *command])
    monkeypatch.setattr(EmotionTrainer, "train", stopped)
    assert main(command) == 130
    said = capsys.readouterr().err
    assert f"start anew with: python -m ser_demo finetune --data {corpora}" in said and "--resume" not in said


def test_a_folder_that_may_not_be_written_is_named_at_the_start(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed, access = tmp_path, os.access
    # chmod does not stop the superuser, who runs many test machines
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    assert main(arguments(corpora, closed, "--augment", "none")) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"error: {closed}: this folder may not be written. Name another one."


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("noise:2", "noise:2: the chance that follows noise is between 0 and 1"),
        ("noise:x", "noise:x: the chance that follows noise is between 0 and 1"),
        ("mixup:0.5", "mixup:0.5: mixup takes no chance, write it alone"),
        ("magic:0.5", "no such augmentation: magic: choose of join, "),
    ],
)
def test_of_a_wrong_augmentation_is_said_what_is_wrong(
    choice: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments(tmp_path, tmp_path / "model", "--augment", choice))
    assert f"--augment: {message}" in capsys.readouterr().err


def test_a_disk_that_is_full_at_the_start_is_named(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remember, room = finetune.remember_settings, resource.getrlimit(resource.RLIMIT_FSIZE)

    def remember_on_full_disk(*settings: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, room[1]))
        try:
            remember(*settings)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, room)

    monkeypatch.setattr(finetune, "remember_settings", remember_on_full_disk)
    assert main(arguments(corpora, tmp_path / "model", "--augment", "none")) == 1
    said = capsys.readouterr().err
    assert "settings.json: cannot be written" in said and "Free some disk space" in said
