"""The client scripts in examples/, one per way of calling the recogniser, run as a reader would run them."""

import json
import shutil
import subprocess
import sys

import pytest
from recordings import CALL, EXAMPLES

from ser_demo import EmotionRecognizer


def run(*command: str) -> str:
    root = EXAMPLES.parent
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def emotions(recognizer: EmotionRecognizer) -> list[str]:
    return [str(channel.emotion) for channel in recognizer.recognize(CALL).channels]


def test_python(emotions: list[str]) -> None:
    lines = run(sys.executable, "examples/recognize.py", str(CALL)).splitlines()
    assert [line.split(": ")[1].split(",")[0] for line in lines] == emotions


def test_gradio_client(page_address: str, emotions: list[str]) -> None:
    lines = run(sys.executable, "examples/recognize_gradio_client.py", page_address, str(CALL)).splitlines()
    assert [line.split(": ")[1].split(",")[0].lower() for line in lines] == emotions


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(page_address: str, emotions: list[str]) -> None:
    (answer,) = json.loads(run("sh", "examples/recognize.sh", page_address.rstrip("/"), str(CALL)))
    assert [channel["scores"][0]["emotion"].lower() for channel in answer["channels"]] == emotions
