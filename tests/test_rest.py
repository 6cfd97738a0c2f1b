"""The REST API on a real server: what a client written for Phonexia's gets, and what it gets when it errs."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from audio_files import tones, with_soundfile
from conftest import SMALL
from hostile_files import whole_files
from recordings import CALL, EXAMPLES
from service_server import HTTP, PATH, accepted, ended, send, serving, status, wait_for

from ser_demo import EmotionRecognizer
from ser_demo.api import open_backend
from ser_demo.audio import begins_like_no_audio, open_isolated
from ser_demo.selection import Selection
from ser_demo.settings import Settings

CALL_BYTES = CALL.read_bytes()
WHOLE_FILES = whole_files()
SHORT = with_soundfile(tones(2.0), 16000, "WAV")


@pytest.fixture(scope="module")
def isolated() -> EmotionRecognizer:
    return EmotionRecognizer(settings=SMALL, open_audio=open_isolated)


@pytest.fixture(scope="module")
def address(isolated: EmotionRecognizer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(isolated, replace(SMALL, state_dir=tmp_path_factory.mktemp("state"))) as address:
        yield address


def phonexia_client(host: str, recording: Path) -> dict:
    """What a client of Phonexia Speech Platform 4 does."""
    with open(recording, "rb") as file:
        answer = HTTP.post(f"{host}/api/technology/emotion-recognition", files={"file": file})
    assert answer.status_code == 202 and answer.json()["task"]["state"] == "pending"
    while True:
        polled = HTTP.get(answer.headers["X-Location"])
        polled.raise_for_status()
        if polled.json()["task"]["state"] in ("done", "failed", "rejected"):
            return polled.json()
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["call_two_channels.flac", "neutral_news.m4a", "hold_music.ogg", "happy_phone.wav"])
def test_a_client_of_phonexias_platform_gets_the_basic_emotions(address, recognizer, name):
    answer = phonexia_client(address, EXAMPLES / name)
    assert answer["task"]["state"] == "done" and answer["error"] is None
    assert answer["result"] == recognizer.recognize(EXAMPLES / name).to_dict("basic")


def test_the_polling_address_is_absolute_and_as_the_client_knows_the_server(address):
    plain = send(address, SHORT)
    assert plain.headers["Location"] == f"{address}{PATH}/{accepted(plain)}" == plain.headers["X-Location"]
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "ser.example.org"}
    behind = HTTP.post(address + PATH, files={"file": SHORT}, headers=forwarded)
    assert behind.headers["Location"] == f"https://ser.example.org{PATH}/{accepted(behind)}"
    odd = HTTP.post(address + PATH, files={"file": SHORT}, headers={"X-Forwarded-Proto": "javascript"})
    assert odd.headers["Location"].startswith("http://")


@pytest.mark.parametrize("line", [b"", b"Host: \r\n"])
def test_who_says_no_host_is_told_where_to_ask_too(address, line):
    where = urlsplit(address)
    form = httpx.Request("POST", address, files={"file": SHORT})
    head = f"POST {PATH} HTTP/1.0\r\nContent-Type: {form.headers['content-type']}\r\n".encode()
    body = form.read()
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(head + line + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = connection.makefile("rb").read().decode()
    assert f"\nlocation: http://{where.netloc}{PATH}/" in answer


@pytest.mark.parametrize(
    ("query", "selection", "emotions"),
    [
        ("emotions=all", Selection(), "all"),
        ("channels=1", Selection(channels=(1,)), "basic"),
        ("channels=0&channels=1&emotions=all", Selection(channels=(0, 1)), "all"),
        ("channels=0,1&channel_mode=mix", Selection(channels=(0, 1), channel_mode="mix"), "basic"),
        ("range_from=6&range_to=24.5", Selection(range_from=6, range_to=24.5), "basic"),
        ("max_speech_length=4", Selection(max_speech_length=4), "basic"),
    ],
)
def test_parameters_choose_a_part(address, recognizer, query, selection, emotions):
    answer = HTTP.post(f"{address}{PATH}?{query}", files={"file": CALL_BYTES})
    result = ended(address, accepted(answer))["result"]
    assert result == recognizer.recognize(CALL, selection=selection).to_dict(emotions)


def test_parameters_of_other_technologies_do_no_harm(address):
    """Clients send all of them what only some take, and Phonexia's platform ignores what it does not know."""
    assert send(address, SHORT, config="{}", frequency_compensation=True).status_code == 202


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("channels=x", "channels"),
        ("channels=-1", "channels"),
        ("channels=0.5", "channels"),
        ("channel_mode=both", "channel_mode"),
        ("range_from=-1", "range_from"),
        ("range_from=nan", "range_from"),
        ("range_to=0", "range_to"),
        ("range_from=5&range_to=5", "range_to"),
        ("max_speech_length=0", "max_speech_length"),
        ("emotions=some", "emotions"),
    ],
)
def test_a_bad_parameter_is_named(address, query, named):
    answer = HTTP.post(f"{address}{PATH}?{query}", files={"file": SHORT})
    assert answer.status_code == 422 and answer.json()["detail"].startswith(named)
    assert "^" not in answer.text  # a pattern says nothing to most people


@pytest.mark.parametrize(
    ("request_parts", "code"),
    [
        ({}, 400),
        ({"data": {"file": "a text field"}}, 400),
        ({"files": {"other": SHORT}}, 400),
        ({"content": b"--x\r\nno form", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
        ({"files": {"file": b""}}, 415),
        ({"files": {"file": b"Dear customer, this is no recording."}}, 415),
        ({"files": {"file": "Grüße, das ist ein Brief.".encode()}}, 415),
        ({"files": {"file": b"%PDF-1.7 " + bytes(99)}}, 415),
        ({"files": {"file": b"RIFF\x99\x00\x00\x00WEBPVP8 " + bytes(99)}}, 415),
        ({"files": {"file": b"Rar!\x1a\x07\x01\x00" + bytes(99)}}, 415),
        ({"files": {"file": bytes(257) + b"ustar" + bytes(250)}}, 415),
        ({"files": {"file": b"\x80" * 5000}}, 415),
        ({"files": {"file": bytes(range(256))}}, 415),
        ({"files": {"file": "Grüße".encode("utf-16")}}, 415),
        ({"files": {"file": bytes(2_000_001)}}, 413),
        ({"files": {"file": bytes(4_000_000)}}, 413),
    ],
)
def test_a_bad_body_is_answered_with_its_code(address, request_parts, code):
    answer = HTTP.post(address + PATH, **request_parts)
    assert answer.status_code == code and set(answer.json()) == {"detail"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "audio/wav", "application/json", ""])
def test_a_recording_that_is_the_body_itself_is_answered_with_how_to_send_it(address, kind):
    answer = HTTP.post(address + PATH, content=b"RIFF=&" * 999, headers={"Content-Type": kind})
    assert answer.status_code == 400 and "as the field 'file' of a multipart form" in answer.json()["detail"]


@pytest.mark.parametrize("size", [len(SHORT), 1_500_000])  # less and more than a form's text may have
def test_a_file_whose_name_comes_in_the_extended_form_alone_is_a_file(address, size):
    head = """--x\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8''caf%C3%A9%22.txt\r\n\r\n"""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    good = HTTP.post(
        address + PATH, content=head.encode() + SHORT.ljust(size, b"\0") + b"\r\n--x--\r\n", headers=headers
    )
    assert good.status_code == 202, good.text
    HTTP.delete(good.headers["Location"])
    bad = HTTP.post(address + PATH, content=head.encode() + b"no audio\r\n--x--\r\n", headers=headers)
    assert bad.status_code == 415 and bad.json()["detail"].startswith('café".txt: ')


def test_a_header_that_is_text_alone_does_not_make_a_recording_a_text(recognizer):
    """NIST SPHERE, the format of speech corpora."""
    content = with_soundfile(tones(2.0), 16000, "NIST", "PCM_16")
    padded = content[:1024].rstrip(b"\0").ljust(1024) + content[1024:]
    assert begins_like_no_audio(padded[:512]) is None and recognizer.recognize(padded).audio.duration == 2.0


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_no_kind_of_recording_is_taken_for_something_else(name):
    assert begins_like_no_audio(WHOLE_FILES[name][:512]) is None


@pytest.mark.parametrize(
    ("content", "query", "reason"),
    [
        (CALL_BYTES[:30], {}, "cut off or damaged"),
        (b"\x80" * 1_500_000, {}, "not an audio file"),
        (with_soundfile(tones(61.0, 8000), 8000, "WAV"), {}, "s long, and at most"),
        (with_soundfile(tones(1.0, 8000, 8), 8000, "WAV"), {}, "8 channels and at most 3"),
        (SHORT, {"channels": 3}, "channel 3 is asked for"),
        (SHORT, {"range_from": 60}, "ends after 2.0 s"),
    ],
)
def test_a_recording_that_cannot_be_analysed_is_rejected_with_the_reason(address, content, query, reason):
    answer = ended(address, accepted(send(address, content, "my call.wav", **query)))
    assert answer["task"]["state"] == "rejected" and answer["result"] is None
    assert answer["error"].startswith("my call.wav: ") and reason in answer["error"] and "/" not in answer["error"]


def test_a_deleted_task_is_gone_with_its_recording(isolated, tmp_path):
    with serving(isolated, replace(SMALL, state_dir=tmp_path)) as address:
        task_id = accepted(send(address, SHORT))
        assert HTTP.delete(f"{address}{PATH}/{task_id}").status_code == 204
        assert HTTP.get(f"{address}{PATH}/{task_id}").status_code == 404
        assert HTTP.delete(f"{address}{PATH}/{task_id}").status_code == 404
        wait_for(lambda: list((tmp_path / "recordings").iterdir()) == [])


def test_a_recording_is_deleted_when_it_is_analysed(isolated, tmp_path):
    with serving(isolated, replace(SMALL, state_dir=tmp_path)) as address:
        ended(address, accepted(send(address, SHORT)))
        wait_for(lambda: list((tmp_path / "recordings").iterdir()) == [])


def test_nobody_else_reads_the_database_though_the_folder_was_there_before(isolated, tmp_path):
    tmp_path.chmod(0o755)
    with serving(isolated, replace(SMALL, state_dir=tmp_path)) as address:
        ended(address, accepted(send(address, SHORT)))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("tasks.sqlite3*")}
    assert len(modes) == 3 and set(modes.values()) == {0o600}


def test_a_database_of_another_user_is_used_where_it_can_be_written(isolated, tmp_path, monkeypatch):
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    with serving(isolated, replace(SMALL, state_dir=tmp_path)) as address:
        assert ended(address, accepted(send(address, SHORT)))["task"]["state"] == "done"


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(isolated, tmp_path):
    long = with_soundfile(tones(59.0, 8000, 3), 8000, "FLAC")
    with serving(isolated, replace(SMALL, state_dir=tmp_path, max_waiting=3, workers=1)) as address:
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(lambda _: send(address, long), range(12)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [202] * 3 + [429] * 9
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["Retry-After"] == "5" and "waiting" in refused.json()["detail"]
        for answer in answers:
            if answer.status_code == 202:
                assert HTTP.delete(answer.headers["Location"]).status_code == 204


def test_tasks_that_run_at_the_same_time_do_not_mix(address, recognizer):
    names = ["call_two_channels.flac", "neutral_news.m4a", "happy_phone.wav"] * 3
    with ThreadPoolExecutor(9) as threads:
        answers = list(threads.map(lambda name: phonexia_client(address, EXAMPLES / name), names))
    expected = {name: recognizer.recognize(EXAMPLES / name).to_dict("basic") for name in set(names)}
    assert [answer["result"] for answer in answers] == [expected[name] for name in names]


def test_the_service_is_documented_with_examples(address):
    documented = HTTP.get(f"{address}/openapi.json").json()
    start = documented["paths"][PATH]["post"]
    assert {parameter["name"] for parameter in start["parameters"]} == {
        "channels", "channel_mode", "range_from", "range_to", "max_speech_length", "emotions",
    }  # fmt: skip
    assert {"202", "400", "401", "403", "413", "415", "422", "429", "500", "503", "507"} == set(start["responses"])
    ask = documented["paths"][f"{PATH}/{{task_id}}"]["get"]
    assert {"200", "401", "403", "404", "500", "503"} == set(ask["responses"])  # any text may be the id of a task
    assert not {"HTTPValidationError", "ValidationError"} & set(documented["components"]["schemas"])
    speech_length = documented["components"]["schemas"]["Channel"]["properties"]["speech_length"]
    assert speech_length["description"] == "Seconds of speech that were found"
    assert "security" not in documented  # an open server; test_safety has the other
    page = HTTP.get(f"{address}/docs").text
    scripts = [part.split('"')[0] for part in page.split('src="')[1:]]
    assert scripts and all(HTTP.get(address + script).status_code == 200 for script in scripts)


def test_health_and_figures(address):
    assert HTTP.get(f"{address}/health").json() == {"live": True, "ready": True}
    ended(address, accepted(send(address, CALL_BYTES)))
    ended(address, accepted(send(address, b"\x80" * 1_500_000)))
    figures = HTTP.get(f"{address}/metrics").text
    for line in (
        f'ser_requests_total{{method="POST",route="{PATH}",status="202"}}',
        f'ser_request_seconds_bucket{{le="0.1",route="{PATH}"}}',
        "ser_queue_length 0.0",
        'ser_tasks_total{state="done"}',
        'ser_tasks_total{state="rejected"}',
        'ser_errors_total{kind="NotAudioError"}',
        "ser_audio_seconds_total",
    ):
        assert line in figures


def test_head_is_answered_like_get_and_a_refused_method_is_told_all_that_are_allowed(address):
    task = f"{PATH}/{accepted(send(address, SHORT))}"
    for path, code, allowed in (
        ("/health", 200, "GET, HEAD"),
        ("/metrics", 200, "GET, HEAD"),
        (task, 200, "DELETE, GET, HEAD"),
        (f"{PATH}/none", 404, "DELETE, GET, HEAD"),
        (PATH, 405, "POST"),
    ):
        head = HTTP.head(address + path)
        assert head.status_code == code and head.content == b""
        refused = HTTP.put(address + path)
        assert refused.status_code == 405 and refused.headers["Allow"] == allowed and "Use" in refused.json()["detail"]


def test_a_slash_at_the_end_leads_to_no_other_host(address):
    """Where a proxy does not pass Host on, the server's own is nobody's business."""
    started = HTTP.post(f"{address}{PATH}/", files={"file": SHORT}, headers={"X-Forwarded-Host": "ser.example.org"})
    task = f"{PATH}/{accepted(started)}"
    assert started.headers["Location"] == f"http://ser.example.org{task}"
    for path in ("/health", "/metrics", "/docs", "/openapi.json", task):
        assert HTTP.get(f"{address}{path}/").status_code == 200
    assert HTTP.delete(f"{address}{task}/").status_code == 204


def test_each_task_leaves_one_line_without_content_or_names(address, caplog):
    with caplog.at_level("INFO", "ser_demo.api.task_log"):
        task_id = accepted(send(address, CALL_BYTES, "secret name.wav"))
        ended(address, task_id)
        wait_for(lambda: caplog.records)
    (line,) = [record.getMessage() for record in caplog.records if task_id in record.getMessage()]
    assert '"state": "done"' in line and '"audio_seconds": 31.364' in line
    assert "secret" not in line and "ANGRY" not in line


def test_no_result_is_served_when_its_time_is_up(isolated, tmp_path):
    """Though it is deleted only when the workers next look for such."""
    settings = replace(SMALL, state_dir=tmp_path)
    with serving(isolated, settings) as address:
        task_id = accepted(send(address, SHORT))
        assert ended(address, task_id)["task"]["state"] == "done"
    with serving(isolated, replace(settings, result_ttl=0.01)) as address:
        assert HTTP.get(f"{address}{PATH}/{task_id}").status_code == 404


def test_results_are_deleted_when_their_time_is_up(isolated, tmp_path):
    settings = Settings(limits=SMALL.limits, state_dir=tmp_path)
    with serving(isolated, settings) as address:
        task_id = accepted(send(address, SHORT))
        assert ended(address, task_id)["task"]["state"] == "done"
        backend = open_backend(replace(settings, result_ttl=0.1))  # however long `ended` looks at it

        def is_gone() -> bool:
            backend.store.delete_expired()
            with sqlite3.connect(tmp_path / "tasks.sqlite3") as database:
                return not database.execute("SELECT 1 FROM tasks WHERE task_id = ?", [task_id]).fetchall()

        wait_for(is_gone)
        backend.close()
        assert HTTP.get(f"{address}{PATH}/{task_id}").status_code == 404


def test_no_file_keeps_a_deleted_or_expired_task(isolated, tmp_path):
    """Neither the database nor its log, which a running server never closes."""
    settings = replace(SMALL, state_dir=tmp_path)

    def is_anywhere(text: bytes) -> bool:
        return any(text in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    with serving(isolated, settings) as address:
        deleted, expired = (accepted(send(address, CALL_BYTES, f"{name}.flac")) for name in ("deleted", "expired"))
        assert [ended(address, task_id)["task"]["state"] for task_id in (deleted, expired)] == ["done"] * 2
        assert is_anywhere(b"deleted.flac") and is_anywhere(b"expired.flac") and is_anywhere(b'"probability"')
        assert HTTP.delete(f"{address}{PATH}/{deleted}").status_code == 204
        assert not is_anywhere(b"deleted.flac")
        backend = open_backend(replace(settings, result_ttl=0.1))
        time.sleep(0.2)
        backend.store.delete_expired()
        backend.close()
        assert not is_anywhere(b"expired.flac") and not is_anywhere(b'"probability"')


def test_a_task_nobody_has_done_within_a_day_fails(isolated, tmp_path):
    import io

    from ser_demo.api.task import Order, State, Task

    backend = open_backend(Settings(state_dir=tmp_path))
    task = Task(Order("old.wav"), accepted=time.time() - 25 * 3600)
    backend.store.add(task, io.BytesIO(SHORT), most_waiting=1)
    backend.store.delete_expired()
    found = backend.store.get(task.task_id)
    assert found is not None and found.state == State.FAILED and "within a day" in str(found.error)
    backend.close()


def test_status_of_a_pending_task_has_no_result(isolated, tmp_path):
    with serving(isolated, replace(SMALL, state_dir=tmp_path, workers=1)) as address:
        first, second = (accepted(send(address, CALL_BYTES)) for _ in range(2))
        assert status(address, second)["result"] is None
        assert ended(address, first)["task"]["state"] == ended(address, second)["task"]["state"] == "done"
