"""From recordings to a model on the Hub by one command, and back from there."""

import os
import subprocess
import sys
from pathlib import Path

from hub_server import HubServer

from ser_demo.publishing.contents import checkpoint_files

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


def test_a_hub_that_does_not_answer_costs_no_training(corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    with HubServer() as hub:
        environment = hub.environment(tmp_path / "home")
    train = ["finetune", "--data", str(corpora), "--output", str(folder), "--epochs", "1"]
    done = python(["-m", "ser_demo", *train, "--push-to-hub", "anna/calls"], environment)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"publish model {folder} anna/calls" in done.stderr
    assert (folder / "model.safetensors").exists() and (folder / "README.md").exists()
