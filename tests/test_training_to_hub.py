"""From recordings to a model on the Hub by one command, and back from there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import HubServer

from ser_demo.cli import main
from ser_demo.errors import SerError
from ser_demo.publishing.contents import checkpoint_files
from ser_demo.publishing.hub import push_model
from ser_demo.settings import EMBEDDED

LOAD_BACK = """
import sys, ser_demo, soundfile
from transformers import pipeline
samples, rate = soundfile.read(sys.argv[2], dtype="float32")
answers = pipeline("audio-classification", model=sys.argv[1])(samples)
print(sorted(answer["label"] for answer in answers), round(sum(answer["score"] for answer in answers), 3))
"""


def python(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[1])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment, "PYTHONPATH": root}, capture_output=True, text=True, timeout=200,
    )  # fmt: skip


def test_a_model_is_trained_published_and_loaded_back(corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    train = ["-m", "ser_demo", "finetune", "--data", str(corpora), "--output", str(folder), "--epochs", "1"]
    with HubServer() as hub:
        environment = hub.environment(tmp_path / "home")
        wrong = python([*train, "--push-to-hub", "no/such/name"], environment)
        assert wrong.returncode == 1 and "no/such/name" in wrong.stderr and not folder.exists()
        done = python([*train, "--push-to-hub", "anna/calls"], environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().endswith(f"{hub.url}/anna/calls")
        pushed = hub.repositories["models", "anna/calls"].files
        assert {name: pushed[name] for name in checkpoint_files(folder)} == {
            name: file.read_bytes() for name, file in checkpoint_files(folder).items()
        }
        assert {"model.safetensors", "README.md", "evaluation.json", "calibration.json", "curves.png"} <= set(pushed)
        clip = corpora / "03-01-05-01-01-01-01.wav"
        answer = python(["-c", LOAD_BACK, "anna/calls", str(clip)], hub.environment(tmp_path / "elsewhere"))
        assert answer.stdout.strip() == "['angry', 'calm', 'neutral'] 1.0", answer.stderr


def test_what_tess_would_train_is_refused_before_the_training(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, clip in enumerate(sorted(corpora.glob("03-01-0[25]-*.wav"))):
        emotion = "angry" if clip.name[6:8] == "05" else "sad"
        shutil.copy(clip, tmp_path / f"{('OAF', 'YAF')[number % 2]}_word{'abcdefghijklm'[number]}_{emotion}.wav")
    train = ["finetune", "--data", str(tmp_path), "--split-by", "sentence", "--output", str(tmp_path / "model")]
    assert main([*train, "--epochs", "1", "--push-to-hub", "anna/calls"]) == 1
    assert "TESS is CC BY-NC-ND 4.0" in capsys.readouterr().err and not (tmp_path / "model").exists()


def test_what_tess_trained_before_is_refused_as_well(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = shutil.copytree(EMBEDDED, tmp_path / "start")
    record = json.loads((start / "training.json").read_text())
    of_tess = {"start": "random", "speakers": {"train": {"tess": record["speakers"]["train"]["ravdess"]}, "dev": {}}}
    (start / "training.json").write_text(json.dumps({**record, "lineage": [of_tess]}))
    train = ["finetune", "--data", str(corpora), "--model", str(start), "--output", str(tmp_path / "model")]
    assert main([*train, "--epochs", "1", "--push-to-hub", "anna/calls"]) == 1
    assert "TESS is CC BY-NC-ND 4.0" in capsys.readouterr().err and not (tmp_path / "model").exists()
    with pytest.raises(SerError, match="TESS is"):
        push_model(start, "anna/calls")


def test_a_hub_that_does_not_answer_costs_no_training(corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with HubServer() as hub:
        environment = hub.environment(tmp_path / "home")
    train = ["finetune", "--data", str(corpora), "--output", str(folder), "--epochs", "1"]
    done = python(["-m", "ser_demo", *train, "--push-to-hub", "anna/calls"], environment)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"publish model {folder} anna/calls" in done.stderr
    assert (folder / "model.safetensors").exists() and (folder / "README.md").exists()
