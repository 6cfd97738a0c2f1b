"""Several hundred hostile files, over REST and Gradio: each is answered, none with a failure of ours or with a path."""

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from conftest import SMALL
from hostile_files import hostile_files
from service_server import HTTP, ended, send, serving

from ser_demo import EmotionRecognizer
from ser_demo.audio import open_isolated

FILES = hostile_files()
CRAFTED = [name for name in FILES if not any(mark in name for mark in ("cut to", "with", "twice", "after noise"))]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    isolated = EmotionRecognizer(settings=SMALL, open_audio=open_isolated)
    with serving(isolated, replace(SMALL, state_dir=tmp_path_factory.mktemp("state"))) as address:
        yield address


def outcome(address: str, name: str) -> tuple[int, str]:
    """Status code, or 0 where the recording was accepted and done or rejected; and the text of the answer."""
    answer = send(address, FILES[name], f"{name}.wav")
    if answer.status_code != 202:
        return answer.status_code, answer.text
    task = ended(address, answer.json()["task"]["task_id"])
    is_well = task["task"]["state"] in ("done", "rejected")
    return (0 if is_well else 500), json.dumps([task["error"], task["result"]])


def test_every_hostile_file_is_answered_well(address):
    assert len(FILES) >= 300
    with ThreadPoolExecutor(8) as threads:
        answers = dict(zip(FILES, threads.map(lambda name: outcome(address, name), FILES), strict=True))
    assert {name: answer for name, answer in answers.items() if answer[0] not in (0, 413, 415)} == {}
    for leak in (tempfile.gettempdir(), "/etc", "/recordings", "Traceback", "Error(", "root:"):
        assert [name for name, (_, text) in answers.items() if leak in text] == []
    assert HTTP.get(f"{address}/health").json() == {"live": True, "ready": True}
    assert "ser_queue_length 0.0" in HTTP.get(f"{address}/metrics").text


def test_gradio_answers_the_crafted_ones_as_well(page_address):
    def ask(name: str) -> str:
        upload = HTTP.post(f"{page_address}gradio_api/upload", files={"files": ("bad.wav", FILES[name])})
        if upload.status_code == 413:
            return "event: error"
        data = {"data": [{"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}]}
        event = HTTP.post(f"{page_address}gradio_api/call/recognize", json=data).json()["event_id"]
        return HTTP.get(f"{page_address}gradio_api/call/recognize/{event}").text

    with ThreadPoolExecutor(4) as threads:
        answers = dict(zip(CRAFTED, threads.map(ask, CRAFTED), strict=True))
    assert all("event: error" in text or "event: complete" in text for text in answers.values())
    assert [name for name, text in answers.items() if "/tmp" in text or "Traceback" in text or "sorry" in text] == []
