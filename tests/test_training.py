"""Whole small trainings, from recordings to a checkpoint."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import free_port
from recordings import at_16_khz
from safetensors.torch import load_file
from transformers import ASTConfig

from ser_demo import EmotionRecognizer
from ser_demo.classifier import Classifier
from ser_demo.cli import main
from ser_demo.corpora.cleaning import Clip
from ser_demo.errors import SerError
from ser_demo.settings import EMBEDDED
from ser_demo.training.architectures import load_network, new_network
from ser_demo.training.augmentation import AUGMENTATIONS, DEFAULT_AUGMENTATIONS
from ser_demo.training.checkpoint import save_model
from ser_demo.training.dataset import ClipDataset
from ser_demo.training.distillation import blend_labels
from ser_demo.training.watch import Silence

# A training whose weights never move, so that no epoch is better than the first.
WITHOUT_PROGRESS = ("--epochs", "9", "--learning-rate", "1e-12", "--averaging", "0", "--augment", "none")


def arguments(corpora: Path, output: Path, *more: str) -> list[str]:
    return ["finetune", "--data", str(corpora), "--output", str(output), "--epochs", "2", "--batch-size", "4", *more]


@pytest.fixture(scope="module")
def trained(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that one command has trained, measured and described."""
    output = tmp_path_factory.mktemp("trained") / "model"
    assert main(arguments(corpora, output, "--epochs", "4")) == 0
    return output


def test_one_command_trains_evaluates_and_writes_a_checkpoint(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "model"
    assert main(arguments(corpora, output, "--augment", ",".join(AUGMENTATIONS))) == 0
    printed = capsys.readouterr()
    assert "set aside: 1041_IEO_NEU_XX.wav" in printed.err and "1042_IEO_NEU_XX.wav: silent" in printed.err
    assert "epoch 2 of 2: loss" in printed.err
    assert "| ravdess | 4 | 1 | 2 |" in printed.out and "| crema-d | 2 | 1 | 2 |" in printed.out
    scores = EmotionRecognizer(str(output)).recognize(corpora / "03-01-05-01-01-01-01.wav").channels[0].scores
    assert set(scores) == {"calm", "angry", "neutral"} and sum(scores.values()) == pytest.approx(1, abs=1e-5)
    record = json.loads((output / "training.json").read_text())
    assert record["speakers"]["train"]["ravdess"]["speakers"] == ["02"]
    assert record["speakers"]["train"]["ravdess"]["genders"] == {"female": 1}
    assert "1001" not in json.dumps(record["speakers"]) and record["start"] == "random"
    assert set(json.loads((output / "calibration.json").read_text())["biases"]) == set(scores)
    assert (output / "curves.png").read_bytes()[:4] == b"\x89PNG" and (output / "evaluation.html").exists()
    assert "| ravdess | 4 | 1 | 2 |" in (output / "README.md").read_text()
    assert not (output / "training").exists()


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_a_checkpoint_takes_half_the_space_and_is_computed_with_in_full(trained: Path) -> None:
    parameters = json.loads((trained / "training.json").read_text())["parameters"]
    assert (trained / "model.safetensors").stat().st_size < 2.1 * parameters
    network, _, _ = load_network(str(trained), ["neutral", "calm", "angry"])
    assert {value.dtype for value in network.state_dict().values() if value.is_floating_point()} == {torch.float32}
    vectors = {name: value for name, value in weights(trained).items() if value.ndim < 2}
    assert vectors and all(torch.equal(value, network.state_dict()[name]) for name, value in vectors.items())


def test_whole_numbers_of_a_network_are_stored_as_they_are(tmp_path: Path) -> None:
    """As the positions of some architectures, which half precision cannot tell apart beyond 2,048."""
    network, extractor = new_network(["sad", "happy"])
    network.register_buffer("positions", torch.arange(5_000)[None])
    save_model(network, extractor, tmp_path, {})
    assert weights(tmp_path)["positions"].tolist() == [list(range(5_000))]


def log(folder: Path) -> list[dict]:
    return json.loads((folder / "training.json").read_text())["log"]


def figures(folder: Path) -> list[dict]:
    """What was measured after each epoch, without how long it took."""
    times = ("runtime", "samples_per_second", "steps_per_second")
    evaluations = [entry for entry in log(folder) if "eval_uar" in entry]
    return [{key: value for key, value in entry.items() if not key.endswith(times)} for entry in evaluations]


def stopping_after_an_epoch(patch: pytest.MonkeyPatch) -> None:
    from transformers import Trainer

    save = Trainer._save_checkpoint

    def stop_after_saving(*arguments: object) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    patch.setattr(Trainer, "_save_checkpoint", stop_after_saving)


def test_a_training_stopped_half_way_and_resumed_ends_as_if_it_had_not_been(
    corpora: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(corpora, tmp_path / "model", "--epochs", "4")
    for resume in ([], ["--resume"]):
        with monkeypatch.context() as patch:
            stopping_after_an_epoch(patch)
            assert main([*command, *resume]) == 130
        hint = capsys.readouterr().err
        assert hint.count("go on with") == 1
    assert main(command) == 1  # would overwrite the saved epochs
    assert "--resume" in capsys.readouterr().err
    assert main([*command, "--resume", "--epochs", "5"]) == 1
    assert "epochs was 4, now 5" in capsys.readouterr().err
    # A kill in the middle of writing leaves an epoch without its last file.
    (tmp_path / "model" / "training" / "checkpoint-999").mkdir()
    monkeypatch.setattr("sys.argv", ["ser_demo", *command, "--resume"])
    assert main([*command, "--resume"]) == 0
    record = json.loads((tmp_path / "model" / "training.json").read_text())
    anew = f"finetune --data {corpora.name} --output model --epochs 2 --batch-size 4 --epochs 4"
    assert record["command"] == f"python -m ser_demo {anew}"
    for name, value in weights(trained).items():
        torch.testing.assert_close(weights(tmp_path / "model")[name], value, rtol=0, atol=0)
    assert figures(tmp_path / "model") == figures(trained)


def test_a_training_is_not_resumed_with_as_many_clips_of_others(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has trained must not choose."""
    folder = tmp_path / "ravdess"
    folder.mkdir()
    for file in corpora.glob("03-*.wav"):
        shutil.copy(file, folder)
        if file.stem.endswith("04"):
            (folder / file.name.replace("04.wav", "10.wav")).write_bytes(file.read_bytes()[:-2000])
    command = arguments(folder, tmp_path / "model", "--augment", "none", "--fold")
    with monkeypatch.context() as patch:
        stopping_after_an_epoch(patch)
        assert main([*command, "1/2"]) == 130
    assert main([*command, "2/2", "--resume"]) == 1
    assert "was started with other settings (recordings was {'train': '" in capsys.readouterr().err
    folder.rename(tmp_path / "moved")
    assert main([*arguments(tmp_path / "moved", tmp_path / "model", *command[-3:]), "1/2", "--resume"]) == 0


def test_a_training_without_progress_stops_early(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(corpora, tmp_path / "model", *WITHOUT_PROGRESS, "--patience", "2")) == 0
    said = capsys.readouterr().err
    assert "epoch 3 of 9" in said and "epoch 4 of 9" not in said
    assert json.loads((tmp_path / "model" / "training.json").read_text())["epoch"] == 1


def test_a_resumed_training_without_progress_stops_as_early(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(corpora, tmp_path / "model", *WITHOUT_PROGRESS, "--patience", "2")
    with monkeypatch.context() as patch:
        stopping_after_an_epoch(patch)
        assert main(command) == main([*command, "--resume"]) == 130
    assert main([*command, "--resume"]) == 0
    said = capsys.readouterr().err
    assert "epoch 3 of 9" in said and "epoch 4 of 9" not in said


def test_a_training_that_stopped_early_and_could_not_be_saved_trains_no_more_when_resumed(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(corpora, tmp_path / "model", *WITHOUT_PROGRESS, "--patience", "1")
    with monkeypatch.context() as disk:
        disk.setattr("ser_demo.training.checkpoint.save_model", full_disk)
        assert main(command) == 1
    assert "run the same command with --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert "epoch 3 of 9" not in capsys.readouterr().err
    assert [entry["epoch"] for entry in figures(tmp_path / "model")] == [1, 2]
    assert json.loads((tmp_path / "model" / "training.json").read_text())["epoch"] == 1


def test_a_model_that_cannot_be_saved_without_an_epoch_is_not_told_to_resume(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ser_demo.training.checkpoint.save_model", full_disk)
    assert main(arguments(corpora, tmp_path / "model", "--epochs", "0", "--augment", "none")) == 1
    said = capsys.readouterr().err
    assert "no space left." in said and "--resume" not in said


def full_disk(*_: object) -> None:
    raise SerError("no space left.")


def test_a_training_whose_folder_moves_before_its_model_is_saved_keeps_its_best_epoch(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As to another disk, where there is room."""
    recipe = ("--learning-rate", "1e-12", "--averaging", "0", "--augment", "none")
    assert main(arguments(corpora, tmp_path / "whole", *recipe)) == 0
    with monkeypatch.context() as disk:
        disk.setattr("ser_demo.training.checkpoint.save_model", full_disk)
        assert main(arguments(corpora, tmp_path / "model", *recipe)) == 1
    (tmp_path / "model").rename(tmp_path / "moved")
    assert main(arguments(corpora, tmp_path / "moved", *recipe, "--resume")) == 0
    assert json.loads((tmp_path / "whole" / "training.json").read_text())["epoch"] == 1  # not the last
    for name, value in weights(tmp_path / "whole").items():
        torch.testing.assert_close(weights(tmp_path / "moved")[name], value, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("name", "message"), [("training/call.wav", "training: holds something else"), ("README.md", "holds a README.md")]
)
def test_what_lies_in_the_folder_and_is_not_ours_is_neither_deleted_nor_overwritten(
    name: str, message: str, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"dear")
    assert main(arguments(corpora, tmp_path, "--epochs", "0")) == 1
    assert message in capsys.readouterr().err and file.read_bytes() == b"dear"


def test_a_finished_model_is_not_overwritten(corpora: Path, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(corpora, trained)) == 1
    assert "finished model" in capsys.readouterr().err
    assert main([*arguments(corpora, trained), "--resume"]) == 1
    assert "finished model, there is nothing left to resume" in capsys.readouterr().err


def test_a_model_whose_measuring_was_stopped_is_measured_when_resumed(
    corpora: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(trained, tmp_path / "model")
    for name in ("evaluation.json", "evaluation.html", "README.md"):
        (folder / name).unlink()
    command = [*arguments(corpora, folder, "--epochs", "4"), "--resume"]
    with monkeypatch.context() as patch:
        patch.setattr("ser_demo.evaluation.evaluate.evaluate", stop)
        assert main(command) == 130
    assert "--resume" in capsys.readouterr().err and not (folder / "evaluation.json").exists()
    assert main(command) == 0
    assert "epoch 1 of" not in capsys.readouterr().err
    for name in ("evaluation.json", "README.md"):
        assert (folder / name).read_text() == (trained / name).read_text()
    assert main(command) == 1
    assert "nothing left to resume" in capsys.readouterr().err
    (folder / "evaluation.html").unlink()
    monkeypatch.setattr("sys.argv", ["ser_demo", *command, "--seed", "2"])
    assert main([*command, "--seed", "2"]) == 1
    assert "nothing left to resume" in capsys.readouterr().err


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_goes_to_the_hub_names_no_folder_of_this_machine(
    corpora: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "again"
    again = arguments(corpora, output, f"--model={trained}", "--epochs", "1")
    monkeypatch.setattr(sys, "argv", ["ser_demo", *again])
    assert main(again) == 0
    for name in ("training.json", "README.md", "evaluation.json"):
        text = (output / name).read_text()
        assert str(corpora.parent) not in text and str(tmp_path) not in text
    assert f"--data {corpora.name} --output again" in json.loads((output / "training.json").read_text())["command"]


def test_everybody_who_may_read_the_folder_may_read_the_weights(trained: Path) -> None:
    """Their library keeps them from everybody but whoever trained, as a service's own user is."""
    assert (trained / "model.safetensors").stat().st_mode == (trained / "config.json").stat().st_mode


def as_told(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What a training tells of the checkpoint that it starts or learns from."""
    return {
        "of": folder.name,
        "commands": [record["command"]],
        "start": record["start"],
        "speakers": record["speakers"],
    }


def test_a_finished_model_is_trained_on(corpora: Path, trained: Path, tmp_path: Path) -> None:
    start = arguments(corpora, tmp_path / "model", "--model", str(trained), "--freeze", "body", "--epochs", "1")
    assert main([*start, "--averaging", "0"]) == 0
    before, after = weights(trained), weights(tmp_path / "model")
    record, its_start = (json.loads((folder / "training.json").read_text()) for folder in (tmp_path / "model", trained))
    assert its_start["lineage"] == []
    assert record["lineage"] == [as_told(trained, its_start)]
    assert torch.equal(before["encoder.conv1.weight"], after["encoder.conv1.weight"])
    assert not torch.equal(before["classifier.weight"], after["classifier.weight"])


def test_half_of_each_label_is_what_the_teachers_answer(corpora: Path, trained: Path, tmp_path: Path) -> None:
    labels = ["neutral", "calm", "angry"]
    agent, customer = at_16_khz("call_two_channels.flac")
    pieces = [customer[95_000:119_000], agent[8_000:32_000], agent[24_000:48_000]]  # as of the teacher's recordings
    table = pd.DataFrame({"corpus": ["one", "two", "two"], "emotion": ["angry", "calm", "neutral"]})
    clips = ClipDataset(table, [Clip((piece * 32767).astype("int16"), 0, len(piece)) for piece in pieces], labels)
    blend_labels(clips, [str(trained), str(trained)], labels, Silence())
    assert clips.targets.sum(1) == pytest.approx(1) and clips.targets[0].tolist() == pytest.approx([0, 0, 1])
    for target, piece in zip(clips.targets[1:], pieces[1:], strict=True):
        scores = Classifier(str(trained), "cpu").classify([piece])[0]
        known = scores["neutral"] + scores["calm"]
        expected = 0.5 * (target == target.max()) + 0.5 * np.array([scores["neutral"], scores["calm"], 0]) / known
        assert target == pytest.approx(expected, abs=0.02)  # a clip's samples are 16-bit

    pupil = tmp_path / "pupil"
    assert main(arguments(corpora, pupil, "--teacher", str(trained), "--epochs", "1")) == 0
    record, its_teacher = (json.loads((folder / "training.json").read_text()) for folder in (pupil, trained))
    assert record["lineage"] == [as_told(trained, its_teacher)]


def test_a_teacher_that_is_sure_of_another_corpus_emotion_leaves_no_label_empty(trained: Path) -> None:
    agent, customer = at_16_khz("call_two_channels.flac")
    pieces = [agent[8_000:40_000], customer[95_000:120_000], customer[120_000:150_000]]  # the teacher knows no such
    table = pd.DataFrame({"corpus": ["one", "two", "two"], "emotion": ["angry", "calm", "neutral"]})
    samples = [Clip((piece * 32767).astype("int16"), 0, len(piece)) for piece in pieces]
    clips = ClipDataset(table, samples, ["neutral", "calm", "angry"])
    blend_labels(clips, [str(trained)], ["neutral", "calm", "angry"], Silence())
    assert clips.targets.sum(1) == pytest.approx(1)


def test_a_teacher_of_other_emotions_is_an_error(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(corpora, tmp_path / "pupil", "--teacher", str(EMBEDDED))) == 1
    assert "does not answer with neutral, calm, angry" in capsys.readouterr().err


@pytest.fixture(scope="module")
def by_one_process(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """A model, and the recipe that made it: without augmentation, batch statistics and dropout nothing is random."""
    folder = tmp_path_factory.mktemp("alone")
    ASTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_length=128
    ).save_pretrained(folder)  # fmt: skip
    recipe = ("--model", str(folder), "--augment", "none", "--epochs", "3", "--batch-size", "2")
    assert main(arguments(corpora, folder / "one", *recipe)) == 0
    return folder / "one", recipe


def test_the_epoch_is_chosen_by_uar_or_by_loss(
    corpora: Path, by_one_process: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    recipe = (*by_one_process[1], "--freeze", "body", "--learning-rate", "1e-5", "--averaging", "0")
    chosen = {}
    for figure in ("uar", "loss"):
        assert main(arguments(corpora, tmp_path / figure, *recipe, "--best-by", figure)) == 0
        chosen[figure] = json.loads((tmp_path / figure / "training.json").read_text())["epoch"]
    epochs = figures(tmp_path / "uar")
    assert epochs == figures(tmp_path / "loss")
    assert chosen["uar"] == max(epochs, key=lambda epoch: epoch["eval_uar"])["epoch"]
    assert chosen["loss"] == min(epochs, key=lambda epoch: epoch["eval_loss"])["epoch"] != chosen["uar"]


@pytest.mark.parametrize(
    "launcher",
    [
        ("torch.distributed.run", "--nproc-per-node", "2", "--master-port"),
        ("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port"),
    ],
    ids=["torchrun", "accelerate launch"],
)
def test_two_processes_train_like_one(
    launcher: tuple[str, ...], by_one_process: tuple[Path, tuple[str, ...]], corpora: Path, tmp_path: Path
) -> None:
    """Gloo on the CPU; nothing but rounding differs."""
    alone, recipe = by_one_process
    command = ["-m", *launcher, str(free_port()), "-m", "ser_demo", *arguments(corpora, tmp_path, *recipe)]
    run = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stderr.count("epoch 3 of 3") == 1 and run.stdout.count("| ravdess | 4 |") == 1
    assert run.stderr.count("computing on cpu") == 1 and "2 processes" in run.stderr
    one, two = weights(alone), weights(tmp_path)
    for name in one.keys() - {"classifier.dense.weight", "classifier.dense.bias"}:  # which calibration magnifies
        torch.testing.assert_close(two[name], one[name], rtol=1e-2, atol=2e-3)
    assert [entry["eval_uar"] for entry in figures(tmp_path)] == pytest.approx(
        [entry["eval_uar"] for entry in figures(alone)]
    )


@pytest.mark.parametrize(
    ("epochs", "advice"),
    [(0, "Start again when"), (1, "go on with --resume when"), (2, "run the same command with --resume")],
)
def test_a_full_disk_costs_one_epoch_at_most(
    epochs: int,
    advice: str,
    corpora: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After so many of two epochs the limit on the size of a file fails a write as a full disk does."""
    from transformers import Trainer

    save, room = Trainer._save_checkpoint, resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_up() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, room[1]))

    def save_and_fill(trainer: Trainer, *arguments: object) -> None:
        if trainer.state.epoch > epochs:
            fill_up()
        save(trainer, *arguments)
        if epochs == 2 == trainer.state.epoch:
            fill_up()

    command = arguments(corpora, tmp_path / "model")
    with monkeypatch.context() as disk:
        disk.setattr(Trainer, "_save_checkpoint", save_and_fill)
        try:
            assert main(command) == 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, room)
    said = capsys.readouterr().err
    assert "cannot be saved" in said and advice in said, said
    assert main([*command, *(["--resume"] if epochs else [])]) == 0


def test_a_training_that_diverges_keeps_its_best_epoch(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import Trainer

    save = Trainer._save_checkpoint

    def spoil_after_saving(trainer: Trainer, *arguments: object) -> None:
        save(trainer, *arguments)
        with torch.no_grad():
            trainer.network.classifier.weight.fill_(float("nan"))

    monkeypatch.setattr(Trainer, "_save_checkpoint", spoil_after_saving)
    assert main(arguments(corpora, tmp_path / "model", "--epochs", "3")) == 0
    assert "no longer a number" in capsys.readouterr().err
    floats = [value for value in weights(tmp_path / "model").values() if value.is_floating_point()]
    assert all(torch.isfinite(value).all() for value in floats)


def test_a_training_that_diverges_at_once_says_how_to_start_anew(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slower = arguments(corpora, tmp_path / "model", "--augment", "none")
    advice = f"name another folder or delete {tmp_path / 'model' / 'training'}."
    assert main([*slower, "--learning-rate", "1e30"]) == 1
    said = capsys.readouterr().err
    assert "diverged in its first epoch" in said and advice in said
    assert main([*slower, "--resume"]) == 1
    said = capsys.readouterr().err
    assert "learning_rate was 1e+30" in said and advice in said
    shutil.rmtree(tmp_path / "model" / "training")
    assert main(slower) == 0


def test_resuming_nothing_wrong_weights_and_wrong_choices_are_errors(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(corpora, tmp_path / "model")
    assert main([*command, "--resume"]) == 1
    assert "no saved epoch" in capsys.readouterr().err
    (tmp_path / "weights.onnx").write_text("nothing")
    for wrong in ("weights.onnx", "missing.onnx"):
        assert main([*command, "--weights", str(tmp_path / wrong)]) == 1
        assert wrong in capsys.readouterr().err
    assert main([*command, "--emotions", "angry"]) == 1
    assert "one emotion only (angry)" in capsys.readouterr().err
    assert main([*command, "--emotions", "calm,neutral"]) == 1
    assert "each corpus holds one emotion only" in capsys.readouterr().err
    for wrong in (
        ["--epochs", "-1"],
        ["--averaging", "2"],
        ["--learning-rate", "-1"],
        ["--augment", "noise:x"],
        ["--augment", "magic"],
        ["--augment", "noise:2"],
        ["--augment", "mixup:0.5"],
        ["--fold", "3/2"],
        ["--fold", "first"],
        ["--seed", "-1"],
        ["--seed", "4294967296"],
    ):
        with pytest.raises(SystemExit, match="2"):
            main([*command, *wrong])
        assert wrong[0] in capsys.readouterr().err
    assert not (tmp_path / "model" / "config.json").exists()
    (tmp_path / "file").write_text("")
    assert main(arguments(corpora, tmp_path / "file")) == 1
    assert "cannot be made" in capsys.readouterr().err


def test_what_cannot_be_measured_is_kept(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = ["path,emotion,speaker,split"]
    for split, actor in (("train", "02"), ("dev", "04")):
        table += [f"{file},{file.name[6:8]},{actor},{split}" for file in sorted(corpora.glob(f"03-01-*-{actor}.wav"))]
    table.append("broken.wav,05,01,test")
    (tmp_path / "broken.wav").write_bytes(b"broken")
    (tmp_path / "calls.csv").write_text(
        "\n".join(table).replace(",02,02,", ",calm,02,").replace(",02,04,", ",calm,04,").replace(",05,", ",angry,")
    )
    command = arguments(tmp_path / "calls.csv", tmp_path / "model", "--split-by", "given", "--epochs", "1")
    assert main(command) == 0
    assert "not measured" in capsys.readouterr().err
    card = (tmp_path / "model" / "README.md").read_text()
    assert "ravdess" in card and not (tmp_path / "model" / "evaluation.json").exists()
    assert EmotionRecognizer(str(tmp_path / "model")).labels == ["calm", "angry"]


def test_help_names_every_augmentation(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # lines that are not broken
    with pytest.raises(SystemExit):
        main(["finetune", "--help"])
    words = capsys.readouterr().out
    assert ", ".join(AUGMENTATIONS) in words and f"(default: {','.join(DEFAULT_AUGMENTATIONS)})" in words
