"""How much one client may start, and what is no start: asking, deleting, and going on with live listening."""

import base64
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from audio_files import tones, with_soundfile
from conftest import SMALL, free_port
from service_server import HTTP, PATH, serving

from ser_demo.api import Service
from ser_demo.ui import build_page, launch

SHORT = with_soundfile(tones(2.0), 16000, "WAV")


def test_one_client_cannot_start_more_than_its_share(recognizer, tmp_path):
    settings = replace(SMALL, state_dir=tmp_path, rate_limit="3/minute", api_keys=("one", "two"))
    with serving(recognizer, settings) as address:

        def start(key: str) -> httpx.Response:
            return HTTP.post(address + PATH, files={"file": SHORT}, headers={"X-API-Key": key})

        answers = [start("one") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        assert start("two").status_code == 202
        for ask, code in ((HTTP.get, 200), (HTTP.delete, 204)):  # which start nothing
            assert ask(answers[0].headers["Location"], headers={"X-API-Key": "one"}).status_code == code


def test_on_an_open_server_an_invented_key_makes_nobody_another_client(recognizer, tmp_path):
    with serving(recognizer, replace(SMALL, state_dir=tmp_path, rate_limit="3/minute")) as address:
        sent = [HTTP.post(address + PATH, headers={"X-API-Key": str(number)}) for number in range(4)]
    assert [answer.status_code for answer in sent] == [400, 400, 400, 429]


@pytest.fixture(scope="module")
def limited(recognizer, tmp_path_factory) -> Iterator[str]:
    """Page and service for clients that may start four things a minute."""
    settings = replace(SMALL, state_dir=tmp_path_factory.mktemp("state"), rate_limit="4/minute")
    page = build_page(recognizer, settings)
    yield launch(page, settings, free_port(), Service(settings, workers=None)).rstrip("/")
    page.close(verbose=False)


def test_who_speaks_live_starts_once_and_goes_on_without_end(limited):
    components = HTTP.get(f"{limited}/config").json()["components"]
    (live,) = [part["id"] for part in components if "hear" in part["props"].get("server_fns", [])]

    def call(function: str, **data: object) -> httpx.Response:
        body = {"session_hash": "x", "component_id": live, "fn_name": function, "data": data}
        return HTTP.post(f"{limited}/gradio_api/component_server", json=body)

    model = "ser-demo-whisper"
    chunk = {"model": model, "samples": base64.b64encode(bytes(8000)).decode()}
    visits = [call("listen", model=model, rate=16000) for _ in range(5)]
    assert [visit.status_code for visit in visits] == [200] * 4 + [429]
    tickets = [visit.json()["ticket"] for visit in visits[:4]]
    heard = [call("hear", ticket=ticket, **chunk) for ticket in tickets for _ in range(5)]
    assert {answer.status_code for answer in heard} == {200} and all("line" in answer.json() for answer in heard)
    ended = [call("finish", model=model, ticket=ticket) for ticket in tickets]
    assert [answer.json()["moment"]["seconds"] for answer in ended] == [1.25] * 4
    moment = ended[0].json()["moment"]
    assert call("translate", model=model, moment=moment).status_code == 429  # which needs no ticket
    for path in ("/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/call/recognize"):
        assert HTTP.post(limited + path, json={"fn_name": ["hear"]}).status_code == 429
    assert HTTP.post(f"{limited}/gradio_api/queue/join", json={"fn_name": "hear"}).status_code == 429
