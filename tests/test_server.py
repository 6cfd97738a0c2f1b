"""The page's API, on a real server: what programs get, and what they get for bad files."""

import io
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from conftest import SMALL, free_port
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from service_server import wait_for

from ser_demo import AudioError, EmotionRecognizer
from ser_demo.api import Service
from ser_demo.cli.serve import check_address
from ser_demo.errors import SettingsError
from ser_demo.ui import build_page, launch
from ser_demo.ui.words import say
from ser_demo.upload_folder import VARIABLE, delete_older, upload_folder

ROOT = Path(__file__).parent.parent
CALL = ROOT / "examples" / "call_two_channels.flac"
NEWS = ROOT / "examples" / "neutral_news.m4a"
MUSIC = ROOT / "examples" / "hold_music.ogg"


@pytest.fixture(scope="module")
def client(page_address: str) -> Client:
    return Client(page_address, verbose=False)


def ask(client: Client, path: Path) -> dict:
    return client.predict(handle_file(str(path)), api_name="/recognize")


def wav(samples: np.ndarray, rate: int = 16000) -> bytes:
    """A float WAV of (n,) or (n, channels)."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.mark.parametrize("path", [CALL, NEWS, MUSIC], ids=lambda path: path.name)
def test_the_api_answers_what_python_does(client, recognizer: EmotionRecognizer, path):
    assert ask(client, path) == recognizer.recognize(path).to_dict()


def test_only_recognize_is_public(client):
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert list(endpoints["named_endpoints"]) == ["/recognize"] and not endpoints["unnamed_endpoints"]
    described = endpoints["named_endpoints"]["/recognize"]
    assert [parameter["parameter_name"] for parameter in described["parameters"]] == ["audio"]
    assert len(described["returns"]) == 1


BAD_FILES = {
    "text": b"Dear customer, this is no recording. " * 99,
    "empty": b"",
    "cut_off": CALL.read_bytes()[:30],
    "no_samples": wav(np.zeros(0, np.float32)),
    "not_a_number": wav(np.full(16000, np.nan, np.float32)),
    "too_long": wav(np.zeros(61 * 4000, np.float32), 4000),
    "too_many_channels": wav(np.zeros((8000, 4), np.float32)),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_gets_the_message_that_names_it_and_no_path(client, recognizer, tmp_path, kind):
    path = tmp_path / f"{kind}.wav"
    path.write_bytes(BAD_FILES[kind])
    with pytest.raises(AudioError) as in_python:
        recognizer.recognize(path)
    with pytest.raises(AppError) as raised:
        ask(client, path)
    message = str(raised.value)
    assert message == str(in_python.value) and message.startswith(f"{kind}.wav: ")
    assert "/" not in message and "Traceback" not in message


def test_no_file_gets_a_message(client):
    with pytest.raises(AppError, match="No recording chosen"):
        client.predict(None, api_name="/recognize")


def test_a_file_outside_the_uploads_is_refused_without_a_trace(page_address):
    data = {"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}
    event = httpx.post(f"{page_address}gradio_api/call/recognize", json=data).json()["event_id"]
    answer = httpx.get(f"{page_address}gradio_api/call/recognize/{event}").text
    assert "event: error" in answer
    assert "passwd" not in answer and "Traceback" not in answer


def test_an_upload_over_the_limit_is_refused(page_address):
    upload = httpx.post(f"{page_address}gradio_api/upload", files={"files": ("big.wav", bytes(2_100_000))})
    assert upload.status_code == 413


def test_two_at_once_get_what_one_alone_gets(client, recognizer):
    paths = [CALL, NEWS, CALL, NEWS]
    with ThreadPoolExecutor(len(paths)) as threads:
        answers = list(threads.map(lambda path: ask(client, path), paths))
    assert answers == [recognizer.recognize(path).to_dict() for path in paths]


@pytest.mark.parametrize("route", ["monitoring/summary", "gradio_api/mcp/schema", "gradio_api/runs"])
def test_what_is_switched_off_does_not_answer(page_address, route):
    assert httpx.get(page_address + route).status_code in (403, 404)


def test_an_unforeseen_failure_is_an_apology_to_the_visitor_and_a_line_in_the_log(caplog):
    class Broken:
        def recognize(self, source, progress):
            raise RuntimeError("disk /secret/place is on fire")

    page = build_page(Broken(), SMALL)
    try:
        client = Client(launch(page, SMALL, free_port()), verbose=False)
        with caplog.at_level(logging.ERROR), pytest.raises(AppError) as raised:
            ask(client, NEWS)
    finally:
        page.close(verbose=False)
    assert str(raised.value) == say("en", "apology")
    (record,) = [record for record in caplog.records if record.name.startswith("ser_demo")]
    assert "RuntimeError" in record.exc_text and "/secret/place" in record.exc_text


def test_what_a_killed_server_has_left_of_visitors_is_deleted_by_the_next_and_nothing_else(tmp_path):
    left = tmp_path / "ser-demo-server-0.4s-of-before" / "0123" / "voice.wav"
    other = tmp_path / "thesis" / "voice.wav"  # of the operator, who has named a folder that holds other things
    for path in (left, other):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of somebody")
    time.sleep(0.5)
    environment = {"GRADIO_TEMP_DIR": str(tmp_path), "SER_RESULT_TTL": "0.4", "GRADIO_SERVER_PORT": str(free_port())}
    command = [sys.executable, "-m", "ser_demo", "serve"]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None and "SER Demo runs" in server.stdout.readline()
        wait_for(lambda: not left.exists())
        (own,) = set(tmp_path.iterdir()) - {left.parent.parent, other.parent}
        assert own.stat().st_mode & 0o077 == 0  # nobody else on this machine can read it
    finally:
        server.terminate()
        server.wait(20)
    assert not own.exists() and other.exists()


def test_a_server_deletes_nothing_of_another_that_keeps_files_for_longer_nor_where_a_link_leads(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with upload_folder(60.0):
        kept = Path(os.environ[VARIABLE]) / "voice.wav"
        files = [kept, tmp_path / "home" / "thesis.txt", tmp_path / "ser-demo-server-notes" / "list.txt"]
        old = tmp_path / "ser-demo-server-0.1s-of-before" / "voice.wav"
        for path in (*files, old):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"of somebody")
        (tmp_path / "ser-demo-server-0.1s-link").symlink_to(tmp_path / "home")
        time.sleep(0.2)
        delete_older(tmp_path)
        assert not old.exists() and all(path.exists() for path in files)


def test_the_empty_folder_of_a_server_that_was_killed_goes_and_that_of_a_quiet_one_stays(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with upload_folder(60.0):
        own = Path(os.environ[VARIABLE])
        killed, quiet, kept = (tmp_path / f"ser-demo-server-60s-{name}" for name in ("killed", "quiet", "kept"))
        for folder in (killed, quiet, kept):
            (folder / "of a visitor").mkdir(parents=True)
        (kept / "of a visitor" / "voice.wav").write_bytes(b"of somebody")
        long_ago = time.time() - 2 * 24 * 60 * 60
        for folder in (own, killed, kept):
            os.utime(folder, (long_ago, long_ago))
        delete_older(tmp_path)
        assert not killed.exists() and (quiet / "of a visitor").is_dir()
        assert (kept / "of a visitor" / "voice.wav").exists()  # as long as its server would have kept it
        assert own.stat().st_mtime > long_ago + 1  # of which other servers see that it is at work


def test_a_server_deletes_its_own_files_where_a_network_drive_tells_another_owner(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with upload_folder(0.1):
        old = Path(os.environ[VARIABLE]) / "voice.wav"
        old.write_bytes(b"of somebody")
        time.sleep(0.2)
        monkeypatch.setattr(os, "getuid", lambda: 12345, raising=False)
        delete_older(tmp_path)
        assert not old.exists()


@pytest.mark.parametrize("prefix", ["", "/demo"])  # which some proxies take away and others pass on
def test_the_page_is_whole_behind_a_proxy_that_has_it_below_a_path(recognizer, monkeypatch, tmp_path, prefix):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/demo")
    settings = replace(SMALL, state_dir=tmp_path)
    page = build_page(recognizer, settings)
    port = free_port()
    launch(page, settings, port, Service(settings, workers=None))
    address = f"http://127.0.0.1:{port}{prefix}"
    try:
        scripts = ("scripts/player.js", "scripts/wavesurfer/wavesurfer.esm.js")
        for path in ("", *scripts, "docs", "docs/files/swagger-ui.css"):
            assert httpx.get(f"{address}/{path}").status_code == 200
        for path in ("scripts/..%2Fserver.py", "scripts//etc/passwd", "scripts/"):
            assert httpx.get(f"{address}/{path}").status_code == 404
    finally:
        page.close(verbose=False)


@pytest.mark.parametrize("prefix", ["", "/demo"])
def test_the_rules_for_requests_hold_behind_such_a_proxy(recognizer, monkeypatch, tmp_path, prefix):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/demo")
    settings = replace(SMALL, state_dir=tmp_path, api_keys=("one",), rate_limit="1/minute")
    page = build_page(recognizer, settings)
    port = free_port()
    launch(page, settings, port, Service(settings, workers=None))
    address = f"http://127.0.0.1:{port}{prefix}"
    client = httpx.Client(base_url=address, headers={"X-API-Key": "one"})
    try:
        assert httpx.get(f"{address}/health").status_code == 200  # which needs no key
        assert httpx.get(f"{address}/metrics").status_code == 401
        assert 'route="/health"' in client.get("metrics").text
        going_on = {"fn_name": "hear", "component_id": 0, "data": {}}
        answers = [client.post("gradio_api/component_server", json=going_on).status_code for _ in range(3)]
        assert 429 not in answers
        assert client.post("gradio_api/upload", files={"files": bytes(4_000_000)}).status_code == 413
    finally:
        page.close(verbose=False)


def test_a_folder_for_visitors_audio_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    with pytest.raises(SettingsError, match=f"{VARIABLE}: '{tmp_path / 'file'}' is not allowed"), upload_folder(60.0):
        pass


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give a folder to others")
def test_visitors_audio_goes_into_no_folder_that_somebody_else_has_made(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with upload_folder(60.0) as servers:
        assert servers.parent == tmp_path and servers.stat().st_mode & 0o077 == 0
    os.chown(servers, 65534, 65534)
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(SettingsError, match=VARIABLE), upload_folder(60.0):
        pass


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GRADIO_SERVER_PORT", "many"),
        ("GRADIO_SERVER_PORT", "0"),
        ("GRADIO_SERVER_PORT", "99999"),
        ("GRADIO_SERVER_PORT", "9" * 5000),
        ("GRADIO_SERVER_NAME", "192.0.2.1"),
        ("GRADIO_SERVER_NAME", "::1"),  # Gradio looks for a free port among those of IPv4
        ("GRADIO_SERVER_NAME", "::"),
        ("GRADIO_SERVER_NAME", "no such host"),
        ("GRADIO_SERVER_NAME", "no..name"),
    ],
)
def test_where_nobody_can_listen_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}: '{value}' is not allowed"):
        check_address()


def test_the_work_of_a_client_that_has_left_ends():
    begun, ended = threading.Event(), threading.Event()

    class Endless:
        def recognize(self, source, progress):
            begun.set()
            try:
                while True:
                    progress(0.0, 1.0)
                    time.sleep(0.02)
            finally:
                ended.set()

    page = build_page(Endless(), SMALL)
    try:
        address = launch(page, SMALL, free_port())
        (path,) = httpx.post(f"{address}gradio_api/upload", files={"files": NEWS.read_bytes()}).json()
        data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
        event = httpx.post(f"{address}gradio_api/call/recognize", json=data).json()["event_id"]
        assert begun.wait(20) and not ended.wait(0.5)  # who has not asked for the answer yet may do so later
        with httpx.stream("GET", f"{address}gradio_api/call/recognize/{event}"):
            assert not ended.wait(0.5)
        assert ended.wait(5)
    finally:
        page.close(verbose=False)


def test_a_port_that_is_named_and_taken_is_an_error_and_no_reason_to_take_another(recognizer, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("GRADIO_SERVER_PORT", port)
        with pytest.raises(
            SettingsError, match=f"GRADIO_SERVER_PORT: '{port}' is not allowed. Give a port that is free"
        ):
            check_address()
    check_address()


@pytest.mark.parametrize("name", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_where_somebody_can_listen_is_taken(monkeypatch, name):
    monkeypatch.setenv("GRADIO_SERVER_NAME", name)
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(free_port()))
    check_address()


def test_blank_addresses_and_ports_are_none(monkeypatch):
    for variable in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.setenv(variable, " ")
    check_address()
    assert "GRADIO_SERVER_NAME" not in os.environ and "GRADIO_SERVER_PORT" not in os.environ  # which Gradio chokes on


@pytest.mark.parametrize(
    ("command", "stop"),
    [(["app.py"], signal.SIGINT), (["-m", "ser_demo", "serve"], signal.SIGTERM)],
    ids=["app.py, Ctrl-C", "ser_demo serve, SIGTERM"],
)
def test_the_program_serves_and_stops_cleanly(command, stop):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_SSR_MODE": "True"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        announced = server.stdout.readline()  # comes when the page answers, while the workers' process still loads
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            page = answer.read().decode()
        if stop == signal.SIGINT:
            os.killpg(server.pid, stop)  # a terminal sends Ctrl-C to all processes of the command
        else:
            server.send_signal(stop)
        output, _ = server.communicate(timeout=20)
    finally:
        server.kill()
    assert "SER Demo" in page
    assert f"http://127.0.0.1:{port}/" in announced
    assert server.returncode == 0 and output == ""


def test_the_processes_of_decoders_import_nothing_of_the_entry_point() -> None:
    """Each runs the file that the server was started by once more, for every recording."""
    code = "import runpy, sys; runpy.run_path('app.py', run_name='__mp_main__'); print('ser_demo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
