"""The service on a loopback port, in this process or as the program that users start, and a client for it."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from conftest import free_port
from fastapi import FastAPI

from ser_demo import EmotionRecognizer
from ser_demo.api import Service, Workers, open_backend
from ser_demo.settings import Settings

ROOT = Path(__file__).parent.parent
PATH = "/api/technology/emotion-recognition"
HTTP = httpx.Client(timeout=30)  # one for all: each new one reads the certificates of the world


@contextlib.contextmanager
def serving(recognizer: EmotionRecognizer, settings: Settings) -> Iterator[str]:
    """The address of the service alone, without the page, served from another thread; `working` beside it."""
    app = FastAPI(**Service(settings, workers=None).app_arguments)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    try:
        with contextlib.nullcontext() if settings.queue else working(recognizer, settings):
            yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def working(recognizer: EmotionRecognizer, settings: Settings) -> Iterator[None]:
    """Workers in this process, which needs no second one to load the model."""
    backend = open_backend(settings)
    workers = Workers(backend, recognizer, settings.workers)
    workers.start()
    try:
        yield
    finally:
        workers.stop()
        backend.close()


@contextlib.contextmanager
def program(command: str, **variables: object) -> Iterator[subprocess.Popen]:
    """`python -m ser_demo COMMAND` from when it announces itself; killed at the end if it still runs."""
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    process = subprocess.Popen(
        [sys.executable, "-m", "ser_demo", command],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stdout.readline().startswith("SER Demo")
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Returns when `condition` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def send(address: str, content: bytes, name: str = "call.wav", **query: object) -> httpx.Response:
    return HTTP.post(address + PATH, params=query, files={"file": (name, content)})


def nearly(result: dict) -> dict:
    """The result as another process may give it: number of threads and batch decide the last digit of a probability."""
    return json.loads(json.dumps(result), parse_float=lambda figure: pytest.approx(float(figure), abs=1e-5))


def accepted(answer: httpx.Response) -> str:
    """The id of a task that was accepted."""
    assert answer.status_code == 202, answer.text
    return answer.json()["task"]["task_id"]


def status(address: str, task_id: str) -> dict:
    answer = HTTP.get(f"{address}{PATH}/{task_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ended(address: str, task_id: str, seconds: float = 60.0) -> dict:
    """How a task stands when it has ended."""
    found: dict = {}

    def has_ended() -> bool:
        found.update(status(address, task_id))
        return found["task"]["state"] not in ("pending", "running")

    wait_for(has_ended, seconds)
    return found
