"""Kills, stops and a full disk: whatever was answered with 202 is done, failed with a reason, or still there."""

import contextlib
import errno
import io
import itertools
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from audio_files import tones, with_soundfile
from conftest import SMALL, free_port
from recordings import EXAMPLES, at_16_khz
from service_server import PATH, accepted, ended, nearly, program, send, serving, status, wait_for, working
from test_redis import RedisServer

from ser_demo import EmotionRecognizer
from ser_demo.api import Service, body_bound, open_backend
from ser_demo.api.failures import FAULT
from ser_demo.api.perform import OUR_FAULT
from ser_demo.api.store import TaskStore
from ser_demo.api.task import Order, State, Task
from ser_demo.api.worker_process import WorkerProcess
from ser_demo.audio import open_isolated
from ser_demo.settings import Settings
from ser_demo.ui import build_page, launch

SHORT = (EXAMPLES / "happy_phone.wav").read_bytes()


@pytest.fixture(scope="module")
def unbounded() -> EmotionRecognizer:
    return EmotionRecognizer(settings=Settings())


def long_recording(minutes: float) -> bytes:
    """The example call again and again, as long as it takes a while to analyse."""
    call = np.stack(at_16_khz("call_two_channels.flac"))
    repeats = int(minutes * 60 * 16000 / call.shape[1])
    return with_soundfile(np.tile(call, repeats), 16000, "FLAC")


def send_many(address: str, content: bytes, count: int) -> list[str]:
    with ThreadPoolExecutor(10) as threads:
        return list(threads.map(lambda _: accepted(send(address, content)), range(count)))


def test_no_accepted_task_is_lost_by_kills_and_stops_of_servers(unbounded, tmp_path):
    customer = with_soundfile(at_16_khz("call_two_channels.flac")[1][None], 16000, "FLAC")
    expected = nearly(unbounded.recognize(customer).to_dict("basic"))
    settings = Settings(state_dir=tmp_path)
    ports = [free_port() for _ in range(2)]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]

    def serve(number: int) -> contextlib.AbstractContextManager[subprocess.Popen]:
        return program("serve", SER_STATE_DIR=tmp_path, GRADIO_SERVER_PORT=ports[number], OMP_NUM_THREADS=1)

    # Two servers on one folder, of which one is killed in the middle of 50 tasks: the other does them.
    with ThreadPoolExecutor(2) as threads, contextlib.ExitStack() as running:
        first, second = threads.map(lambda number: running.enter_context(serve(number)), (0, 1))
        tasks = send_many(addresses[0], customer, 50)
        backend = open_backend(settings)
        wait_for(lambda: backend.store.waiting() < 48)
        kill_worker(first)
        first.kill()
        assert backend.store.waiting() > 5
        answers = [ended(addresses[1], task_id) for task_id in tasks]
        assert [answer["result"] for answer in answers] == [expected] * 50

        # The other is stopped under load, with a recording that takes longer than it may: another goes on.
        long = accepted(send(addresses[1], long_recording(20)))
        tasks = [*send_many(addresses[1], SHORT, 30), long]
        wait_for(lambda: status(addresses[1], long)["task"]["state"] == "running")
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0  # of the 30 s that systemd and compose leave it
    handed_back = backend.store.get(long)
    assert handed_back is not None and (handed_back.state, handed_back.attempts) == (State.PENDING, 0)
    backend.close()
    with serving(unbounded, settings) as address:
        answers = [ended(address, task_id) for task_id in tasks[:30]]
        assert Counter(answer["task"]["state"] for answer in answers) == {"done": 30}
        assert status(address, long)["task"]["state"] in ("pending", "running")
        assert httpx.delete(f"{address}{PATH}/{long}").status_code == 204


def test_a_recording_that_kills_its_worker_is_tried_twice_and_holds_up_nobody(unbounded, tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with program("serve", SER_STATE_DIR=tmp_path, GRADIO_SERVER_PORT=port, SER_WORKERS=1, OMP_NUM_THREADS=1) as server:
        backend = open_backend(Settings(state_dir=tmp_path))
        poison = accepted(send(address, long_recording(20), "poison.flac"))
        others = send_many(address, SHORT, 10)
        for attempt in (1, 2):
            wait_for(lambda attempt=attempt: is_at(backend.store, poison, State.RUNNING, attempt))
            kill_worker(server)  # as the recording itself would
            assert status(address, poison)["task"]["state"] == "running"  # the server answers as ever
        backend.close()
        assert [ended(address, task_id)["task"]["state"] for task_id in others] == ["done"] * 10
        failed = ended(address, poison)
        assert failed["task"]["state"] == "failed" and "its analysis broke off 2 times" in failed["error"]
        figures = httpx.get(f"{address}/metrics").text  # though two workers have died
        for line in ('ser_tasks_total{state="done"} 10.0', 'ser_errors_total{kind="BrokeOff"} 1.0'):
            assert line in figures


def worker_of(server: subprocess.Popen) -> int:
    """The process that analyses what a server accepts."""
    for children in Path(f"/proc/{server.pid}/task").glob("*/children"):
        for child in children.read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                return int(child)
    raise AssertionError("the server has no worker")


def kill_worker(server: subprocess.Popen) -> None:
    os.kill(worker_of(server), signal.SIGKILL)


def is_at(store: TaskStore, task_id: str, state: State, attempts: int) -> bool:
    task = store.get(task_id)
    return task is not None and (task.state, task.attempts) == (state, attempts)


def test_the_worker_of_a_server_that_is_gone_goes_too(tmp_path):
    with program("serve", SER_STATE_DIR=tmp_path, GRADIO_SERVER_PORT=free_port()) as server:
        wait_for(lambda: list((tmp_path / "servers").iterdir()))
        worker = worker_of(server)
    wait_for(lambda: not Path(f"/proc/{worker}").exists())


def test_a_task_whose_decoder_is_told_to_stop_is_done_all_the_same(tmp_path):
    isolated = EmotionRecognizer(settings=SMALL, open_audio=open_isolated)
    with serving(isolated, replace(SMALL, state_dir=tmp_path)) as address:
        task_id = accepted(send(address, long_recording(0.9)))
        wait_for(multiprocessing.active_children)
        for decoder in multiprocessing.active_children():
            decoder.terminate()
        assert ended(address, task_id)["task"]["state"] == "done"


def add(settings: Settings, content: bytes = SHORT) -> str:
    """The id of a task that nobody works on yet."""
    backend = open_backend(settings)
    task = Task(Order("call.wav"), accepted=time.time())
    backend.store.add(task, io.BytesIO(content), most_waiting=9)
    backend.enqueue(task.task_id)
    backend.close()
    return task.task_id


def test_a_recording_that_the_store_cannot_read_is_not_rejected(recognizer, tmp_path, caplog):
    settings = replace(SMALL, state_dir=tmp_path)
    task_id = add(settings)
    (tmp_path / "recordings" / task_id).unlink()
    os.mkfifo(tmp_path / "recordings" / task_id)
    with serving(recognizer, settings) as address:
        answer = ended(address, task_id)
    assert answer["task"]["state"] == "failed"
    assert answer["error"] == f"call.wav: {OUR_FAULT}"
    assert f"task {task_id} failed" in caplog.text and "call.wav" not in caplog.text


class FailingRecognizer:
    """Gives what cannot be written down."""

    def recognize(self, *arguments: object, **options: object) -> object:
        return SimpleNamespace(to_dict=lambda emotions: {"channels": object()}, audio=SimpleNamespace(duration=1.0))


def test_a_fault_that_nobody_has_foreseen_ends_the_task_and_is_logged(tmp_path, caplog):
    with serving(FailingRecognizer(), replace(SMALL, state_dir=tmp_path)) as address:  # type: ignore[arg-type]
        task_id = accepted(send(address, SHORT))
        answer = ended(address, task_id)
        figures = httpx.get(f"{address}/metrics").text
    assert answer["task"]["state"] == "failed" and answer["error"] == OUR_FAULT
    assert 'ser_errors_total{kind="TypeError"} 1.0' in figures and "ser_queue_length 0.0" in figures
    assert f"task {task_id} failed" in caplog.text and "Traceback" in caplog.text


def test_a_request_that_fails_is_answered_without_details_and_counted(recognizer, tmp_path, caplog):
    settings = replace(SMALL, state_dir=tmp_path)
    task_id = add(settings)
    with contextlib.closing(sqlite3.connect(tmp_path / "tasks.sqlite3")) as database, database:
        database.execute("UPDATE tasks SET state = 'unheard-of', task_order = 'no JSON'")
    with serving(recognizer, settings) as address:
        failed = httpx.get(f"{address}{PATH}/{task_id}")
        figures = httpx.get(f"{address}/metrics").text
    assert failed.status_code == 500 and failed.json() == {"detail": FAULT}
    assert failed.headers["X-Content-Type-Options"] == "nosniff"
    assert f'ser_requests_total{{method="GET",route="{PATH}/{{task_id}}",status="500"}} 1.0' in figures
    assert "JSONDecodeError" in caplog.text and "Traceback" in caplog.text


def test_an_upload_that_its_sender_breaks_off_leaves_no_traceback(recognizer, tmp_path, caplog, monkeypatch):
    with serving(recognizer, replace(SMALL, state_dir=tmp_path)) as address:
        caplog.set_level("ERROR", "uvicorn.error")
        monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
        host, port = address.removeprefix("http://").split(":")
        head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9999\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x".encode())
            time.sleep(0.3)  # the server waits for the rest
        time.sleep(0.3)
        assert httpx.get(f"{address}/health").status_code == 200
    assert caplog.text == ""


def test_a_task_of_an_earlier_version_is_done(recognizer, tmp_path):
    settings = replace(SMALL, state_dir=tmp_path)
    task_id = add(settings)
    with contextlib.closing(sqlite3.connect(tmp_path / "tasks.sqlite3")) as database, database:
        database.execute("UPDATE tasks SET task_order = ?", ['{"file_name": "call.wav", "channels": [0]}'])
    with serving(recognizer, settings) as address:
        assert ended(address, task_id)["result"] == recognizer.recognize(SHORT).to_dict("basic")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "ser-test", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no room."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_refuses_and_loses_nothing(recognizer: EmotionRecognizer, small_disk: Path):
    megabytes = with_soundfile(tones(20.0, 44100), 44100, "WAV")  # nearly two
    with serving(recognizer, replace(SMALL, state_dir=small_disk)) as address:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: send(address, megabytes), range(8)))
        codes = Counter(answer.status_code for answer in answers)
        assert set(codes) == {202, 507}
        assert "disk is full" in next(answer for answer in answers if answer.status_code == 507).json()["detail"]
        kept = [answer.json()["task"]["task_id"] for answer in answers if answer.status_code == 202]
        assert {ended(address, task_id)["task"]["state"] for task_id in kept} == {"done"}

        # The disk fills up between acceptance and the end of the work: results wait for room.
        kept = send_many(address, SHORT, 8)
        filler = fill(small_disk)
        assert send(address, megabytes).status_code == 507
        filler.unlink()
        assert {ended(address, task_id)["task"]["state"] for task_id in kept} == {"done"}
        assert accepted(send(address, SHORT))


def test_a_recording_is_not_received_where_there_is_no_room_for_it(recognizer, small_disk, tmp_path, monkeypatch):
    with serving(recognizer, replace(SMALL, state_dir=tmp_path / "state")) as address:
        monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
        for path in (PATH, "/gradio_api/upload"):
            refused = httpx.post(address + path, files={"file": SHORT})
            assert refused.status_code == 507 and "no room" in refused.json()["detail"]


@pytest.mark.parametrize("reserve", [0, 12 * 1024**2])  # that the disk runs full, or is seen to
def test_a_disk_that_fills_while_a_recording_comes_in_refuses_it(recognizer, small_disk, monkeypatch, reserve):
    monkeypatch.setattr(body_bound, "RESERVE", reserve)
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(small_disk))
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    settings = Settings(state_dir=small_disk)
    page = build_page(recognizer, settings)
    address = launch(page, settings, free_port(), Service(settings, workers=None)).rstrip("/")
    try:
        for path in (PATH, "/gradio_api/upload"):
            endless = itertools.chain([begin], itertools.repeat(bytes(1024**2), 60))  # which does not say its length
            refused = httpx.post(address + path, content=endless, headers=headers)
            assert refused.status_code == 507 and "no room" in refused.json()["detail"]
    finally:
        page.close(verbose=False)


def test_the_page_takes_recordings_where_its_own_folder_has_room(recognizer, small_disk, tmp_path, monkeypatch):
    page, full = tmp_path / "page", httpx.codes.INSUFFICIENT_STORAGE
    page.mkdir()
    with serving(recognizer, replace(SMALL, state_dir=tmp_path / "state")) as address:
        for temporary, folder, is_full in ((small_disk, page, False), (tmp_path, small_disk, True)):
            monkeypatch.setattr(tempfile, "tempdir", str(temporary))
            monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
            answer = httpx.post(f"{address}/gradio_api/upload", files={"file": SHORT})  # the service alone has no page
            assert (answer.status_code == full) is is_full


def test_a_server_is_ready_once_its_workers_have_loaded_the_model(tmp_path):
    workers = WorkerProcess(Settings(state_dir=tmp_path))
    workers.start()
    try:
        wait_for(lambda: workers._process is not None and workers._process.is_alive())
        assert not workers.is_ready()
        wait_for(workers.is_ready)
    finally:
        workers.stop()
    assert not workers.is_ready()


def test_a_worker_that_cannot_be_started_now_is_started_later(tmp_path, monkeypatch, caplog):
    refusals = iter([OSError(errno.EAGAIN, "no room for another process")] * 2)
    start = SpawnProcess.start

    def start_later(process: SpawnProcess) -> None:
        if (refusal := next(refusals, None)) is not None:
            raise refusal
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", start_later)
    workers = WorkerProcess(Settings(state_dir=tmp_path))
    workers.start()
    try:
        time.sleep(0.2)
        assert not workers.is_ready()
        wait_for(workers.is_ready)
    finally:
        workers.stop()
    assert caplog.text.count("could not be started") == 2


def test_a_server_stops_while_no_worker_can_be_started(tmp_path, monkeypatch):
    def refuse(process: SpawnProcess) -> None:
        raise OSError(errno.EAGAIN, "no room for another process")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    workers = WorkerProcess(Settings(state_dir=tmp_path))
    workers.start()
    time.sleep(0.2)
    workers.stop()
    assert not workers.is_ready() and not workers._supervisor.is_alive()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_a_worker_on_another_machine_waits_for_room_on_its_disk(recognizer, small_disk, tmp_path, monkeypatch):
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    settings = replace(SMALL, queue=f"redis://127.0.0.1:{server.port}/0")
    try:
        with serving(recognizer, settings) as address:
            task_id = accepted(send(address, SHORT))
            filler = fill(small_disk)
            monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
            with working(recognizer, settings):
                time.sleep(4)  # enough for more than the two attempts after which a recording is given up
                assert status(address, task_id)["task"]["state"] in ("pending", "running")
                filler.unlink()
                assert ended(address, task_id)["task"]["state"] == "done"
            assert list(small_disk.iterdir()) == []
    finally:
        server.kill()
