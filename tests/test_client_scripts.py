"""The client scripts in examples/, one per way of calling the recogniser, run as a reader would run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from conftest import SMALL, free_port
from recordings import CALL, EXAMPLES

from ser_demo import EmotionRecognizer
from ser_demo.ui import build_page, launch


def run(*command: str) -> str:
    root = EXAMPLES.parent
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=120
    ).stdout


def basic(recognizer: EmotionRecognizer) -> list[str]:
    """The most probable of the four emotions that the REST API tells by default, for each channel."""
    channels = recognizer.recognize(CALL).to_dict("basic")["channels"]
    return [channel["scores"][0]["emotion"] for channel in channels]


def told(output: str) -> list[str]:
    """The emotions in the lines that a script prints for each channel."""
    return [line.split(": ")[1].split(",")[0] for line in output.splitlines()]


@pytest.fixture(scope="module")
def emotions(recognizer: EmotionRecognizer) -> list[str]:
    return [str(channel.emotion) for channel in recognizer.recognize(CALL).channels]


def test_python(emotions: list[str]) -> None:
    (typed,) = re.findall(r"`python (.*) call\.wav`", (EXAMPLES / "recognize.py").read_text())
    assert told(run(sys.executable, *typed.split(), str(CALL))) == emotions


def test_gradio_client(page_address: str, emotions: list[str]) -> None:
    output = run(sys.executable, "examples/recognize_gradio_client.py", page_address, str(CALL))
    assert [emotion.lower() for emotion in told(output)] == emotions


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(page_address: str, emotions: list[str]) -> None:
    (answer,) = json.loads(run("sh", "examples/recognize.sh", page_address, str(CALL)))
    assert [channel["scores"][0]["emotion"].lower() for channel in answer["channels"]] == emotions


def test_rest(page_address: str, recognizer: EmotionRecognizer) -> None:
    output = run(sys.executable, "examples/recognize_rest.py", page_address, str(CALL))
    assert told(output) == basic(recognizer)


def test_rest_tells_why_a_recording_is_rejected(page_address: str, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(CALL.read_bytes()[:30])
    command = [sys.executable, "examples/recognize_rest.py", page_address, str(tmp_path / "bad.wav")]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("bad.wav: it begins like FLAC audio")


def test_rest_tells_where_no_server_answers() -> None:
    command = [sys.executable, "examples/recognize_rest.py", "http://127.0.0.1:9", str(CALL)]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True)
    assert done.returncode == 1 and "refused" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("script", "reason"),
    [("recognize_rest.py", "is a text"), ("recognize_rest.sh", "is a text"), ("recognize.sh", "is not an audio file")],
)
def test_a_file_that_is_refused_fails_with_the_reason(page_address: str, tmp_path: Path, script: str, reason: str):
    if script.endswith(".sh") and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (tmp_path / "text.wav").write_text("This is no recording. " * 99)
    program = "sh" if script.endswith(".sh") else sys.executable
    command = [program, f"examples/{script}", page_address, str(tmp_path / "text.wav")]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True)
    assert done.returncode != 0 and reason in done.stdout + done.stderr


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.sh")), ids=lambda script: script.name)
def test_a_shell_script_runs_as_its_first_lines_say(script: Path) -> None:
    assert f": examples/{script.name} http" in script.read_text() and os.access(script, os.X_OK)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_rest_with_curl_fails_where_a_recording_is_rejected(page_address: str, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(CALL.read_bytes()[:30])
    command = ["sh", "examples/recognize_rest.sh", page_address, str(tmp_path / "bad.wav")]
    done = subprocess.run(command, cwd=EXAMPLES.parent, capture_output=True, text=True)
    assert done.returncode == 1 and json.loads(done.stdout)["error"].startswith("bad.wav: it begins like FLAC audio")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_rest_with_curl(page_address: str, recognizer: EmotionRecognizer) -> None:
    answer = json.loads(run("sh", "examples/recognize_rest.sh", page_address, str(CALL)))
    assert answer["result"] == recognizer.recognize(CALL).to_dict("basic")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("script", ["recognize.sh", "recognize_rest.sh"])
def test_curl_sends_a_recording_whatever_it_is_called(page_address: str, tmp_path: Path, script: str) -> None:
    recording = shutil.copy(CALL, tmp_path / "Smith, Anna; 3 May.flac")
    assert '"emotion":' in run("sh", f"examples/{script}", page_address, str(recording))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(
    not (EXAMPLES / "node_modules" / "@gradio" / "client").is_dir(),
    reason="@gradio/client is not installed: npm install --prefix examples",
)
def test_javascript(page_address: str, emotions: list[str]) -> None:
    output = run("node", "examples/recognize.mjs", page_address, str(CALL))
    assert [emotion.lower() for emotion in told(output)] == emotions


@pytest.fixture(scope="module")
def mcp_address(recognizer: EmotionRecognizer) -> Iterator[str]:
    settings = replace(SMALL, mcp=True)
    page = build_page(recognizer, settings)
    yield launch(page, settings, free_port())
    page.close(verbose=False)


def test_mcp(mcp_address: str, emotions: list[str]) -> None:
    output = run(sys.executable, "examples/recognize_mcp.py", mcp_address, str(CALL))
    assert [emotion.lower() for emotion in told(output)] == emotions


def test_an_assistant_is_told_what_the_one_tool_does_and_takes(mcp_address: str) -> None:
    (tool,) = httpx.get(f"{mcp_address}gradio_api/mcp/schema").json()
    assert tool["name"] == "recognize" and "no lie detector" in tool["description"]
    assert list(tool["inputSchema"]["properties"]) == ["audio"]
    assert "data:audio/wav;base64" in tool["inputSchema"]["properties"]["audio"]["description"]
