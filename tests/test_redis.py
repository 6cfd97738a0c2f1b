"""The same service on Redis, with workers elsewhere: a worker is killed, Redis goes and comes back, nothing is lost."""

import asyncio
import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import redis
from conftest import SMALL, free_port
from recordings import CALL, EXAMPLES
from service_server import HTTP, PATH, accepted, ended, program, send, serving, status, wait_for, working

from ser_demo.api import backend, rate_limit
from ser_demo.selection import Selection
from ser_demo.settings import Settings

SHORT = (EXAMPLES / "happy_phone.wav").read_bytes()

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="redis-server is not installed; Debian has it as redis-server"
)


class RedisServer:
    """A real one on its own port, which writes each change to disk before it answers."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._command = ["redis-server", "--port", str(self.port), "--dir", str(folder), "--bind", "127.0.0.1"]
        self._command += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for(self._answers)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def hang(self) -> None:
        """It keeps its connections, takes new ones, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return redis.Redis(port=self.port).ping()
        return False


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def settings(redis_server: RedisServer) -> Settings:
    return replace(SMALL, queue=f"redis://127.0.0.1:{redis_server.port}/0", max_waiting=12)


def test_a_worker_elsewhere_answers_as_the_server_itself_would(recognizer, settings):
    with serving(recognizer, settings) as address:
        waiting = accepted(send(address, CALL.read_bytes(), channels=1))
        deleted = accepted(send(address, SHORT))
        assert status(address, waiting)["task"]["state"] == "pending"
        assert httpx.delete(f"{address}{PATH}/{deleted}").status_code == 204
        with working(recognizer, settings):
            answer = ended(address, waiting)
            rejected = ended(address, accepted(send(address, b"\x80" * 1_500_000)))
        (channel,) = answer["result"]["channels"]
        alone = recognizer.recognize(
            CALL, selection=Selection(channels=(1,))
        )  # windows of two would be padded otherwise
        assert channel == alone.to_dict("basic")["channels"][0]
        assert rejected["task"]["state"] == "rejected" and "not an audio file" in rejected["error"]
        assert httpx.get(f"{address}{PATH}/{deleted}").status_code == 404
        assert redis.Redis.from_url(settings.queue).keys("ser:recording:*") == []


def test_a_full_queue_refuses(recognizer, settings):
    with serving(recognizer, settings) as address:
        codes = [send(address, SHORT).status_code for _ in range(14)]
    assert codes == [202] * 12 + [429] * 2


def test_what_a_killed_worker_held_is_done_by_another(recognizer, settings, monkeypatch):
    monkeypatch.setattr(backend, "LOST_AFTER", 2000)
    with serving(recognizer, settings) as address:
        tasks = [accepted(send(address, CALL.read_bytes())) for _ in range(10)]
        with program("work", SER_QUEUE=settings.queue, OMP_NUM_THREADS=1) as worker:
            wait_for(lambda: any(status(address, task_id)["task"]["state"] == "running" for task_id in tasks))
            worker.kill()
        assert any(status(address, task_id)["task"]["state"] in ("pending", "running") for task_id in tasks)
        with working(recognizer, settings):
            assert [ended(address, task_id)["task"]["state"] for task_id in tasks] == ["done"] * 10


def test_redis_may_go_and_come_back(recognizer, settings, redis_server):
    with serving(recognizer, settings) as address, working(recognizer, settings):
        tasks = [accepted(send(address, CALL.read_bytes())) for _ in range(10)]
        redis_server.kill()
        refused = send(address, SHORT)
        assert refused.status_code == 503 and refused.headers["Retry-After"] == "5"
        assert refused.json() == {"detail": "the task queue cannot be reached. Try again later."}
        assert httpx.get(f"{address}{PATH}/{tasks[0]}").status_code == 503
        assert httpx.get(f"{address}/health").json() == {"live": True, "ready": False}
        redis_server.start()
        assert [ended(address, task_id)["task"]["state"] for task_id in tasks] == ["done"] * 10
        assert accepted(send(address, SHORT))


def test_a_redis_that_hangs_costs_requests_two_seconds_and_the_page_nothing(recognizer, settings, redis_server):
    with serving(recognizer, settings) as address, ThreadPoolExecutor(60) as clients:
        task_id = accepted(send(address, SHORT))
        redis_server.hang()
        begun = time.monotonic()
        asked = [clients.submit(HTTP.get, f"{address}{PATH}/{task_id}") for _ in range(60)]
        time.sleep(0.5)  # all of them wait
        assert HTTP.get(f"{address}/docs/files/swagger-ui.css", timeout=1).status_code == 200
        assert {answer.result().status_code for answer in asked} == {503}
        started, deleted = clients.submit(send, address, SHORT), clients.submit(HTTP.delete, f"{address}{PATH}/x")
        health, figures = (clients.submit(HTTP.get, address + path) for path in ("/health", "/metrics"))
        assert started.result().status_code == deleted.result().status_code == 503
        assert health.result().json() == {"live": True, "ready": False}
        assert "ser_requests_total" in figures.result().text
        assert time.monotonic() - begun < 10  # not 30 for each
        redis_server.go_on()
        wait_for(lambda: HTTP.get(f"{address}/health").status_code == 200)


def test_servers_on_one_redis_count_a_client_together(recognizer, settings, redis_server):
    limited = replace(settings, rate_limit="3/minute")
    with serving(recognizer, limited) as one, serving(recognizer, limited) as other:
        codes = [httpx.post(address + PATH).status_code for address in (one, other, one, other)]
        assert codes == [400, 400, 400, 429]
        redis_server.kill()
        assert httpx.post(one + PATH).status_code == 503  # that the queue is gone, and not that it came too often


def test_a_redis_that_hangs_is_not_asked_for_each_request_how_many_came(settings, redis_server, monkeypatch):
    monkeypatch.setattr(rate_limit, "PAUSE_SECONDS", 3.0)

    async def ask() -> None:
        limit = rate_limit.RateLimit("1/minute", settings.queue)
        assert await limit.seconds_to_wait("somebody") == 0
        redis_server.hang()
        begun = time.monotonic()
        assert [await limit.seconds_to_wait("somebody") for _ in range(10)] == [0] * 10
        assert time.monotonic() - begun < 2.5  # not one for each
        redis_server.go_on()
        await asyncio.sleep(3)
        assert await limit.seconds_to_wait("somebody") > 0

    asyncio.run(ask())


def test_any_server_tells_what_all_workers_did(recognizer, settings):
    with serving(recognizer, settings) as address:
        with working(recognizer, settings):
            ended(address, accepted(send(address, CALL.read_bytes())))
        with working(recognizer, settings):
            ended(address, accepted(send(address, b"\x80" * 1_500_000)))
        with serving(recognizer, settings) as other:
            figures = httpx.get(f"{other}/metrics").text
    for line in (
        'ser_tasks_total{state="done"} 1.0',
        'ser_errors_total{kind="NotAudioError"} 1.0',
        "ser_audio_seconds_total 31.36",
        "ser_queue_length 0.0",
    ):
        assert line in figures
