"""Keys, foreign pages, addresses and headers: the same rules for the page, Gradio's endpoints and REST."""

import base64
import http.server
import re
import select
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import httpx
import pytest
from audio_files import tones, with_soundfile
from conftest import SMALL, free_port
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from recordings import CALL, EXAMPLES
from service_server import HTTP, PATH, accepted, ended, send

from ser_demo.api import Service
from ser_demo.api.guard import OPEN_PATHS
from ser_demo.settings import EMBEDDED
from ser_demo.ui import build_page, launch

SHORT = with_soundfile(tones(2.0), 16000, "WAV")
FILE_DATA = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def locked_page(recognizer, tmp_path_factory) -> Iterator[gr.Blocks]:
    """Page, service and the tool for assistants behind two keys."""
    settings = replace(SMALL, state_dir=tmp_path_factory.mktemp("state"), api_keys=("first", "sécond"), mcp=True)
    page = build_page(recognizer, settings)
    launch(page, settings, free_port(), Service(settings, workers=None))
    yield page
    page.close(verbose=False)


@pytest.fixture(scope="module")
def locked(locked_page) -> str:
    return locked_page.local_url.rstrip("/")


EVERYTHING = [
    ("GET", "/"),
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/call/recognize"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("POST", PATH),
    ("GET", f"{PATH}/some-task"),
    ("DELETE", f"{PATH}/some-task"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer firs"}, {"Authorization": "Basic é".encode("latin-1")}],
)
def test_without_a_key_everything_is_closed(locked, method, path, headers):
    answer = HTTP.request(method, locked + path, headers=headers)
    assert answer.status_code == 401 and "key" in answer.json()["detail"]
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_every_route_that_there_is_needs_a_key(locked, locked_page):
    included = [getattr(route, "original_router", None) for route in locked_page.app.routes]
    routes = [*locked_page.app.routes, *(route for router in included if router for route in router.routes)]
    asked = {
        (method, re.sub(r"\{.*?\}", "x", route.path))
        for route in routes
        if hasattr(route, "path")
        for method in getattr(route, "methods", None) or ("GET", "POST")  # a mount takes any
    }
    paths = {path for _, path in asked}
    assert {"/", "/config", "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/file=x"} <= paths
    assert {PATH, "/metrics", "/docs", "/gradio_api/mcp"} <= paths and len(paths) > 50
    answers = {request: HTTP.request(request[0], locked + request[1]).status_code for request in asked}
    assert {path.rstrip("/") for (_, path), code in answers.items() if code != 401} == set(OPEN_PATHS)


def test_the_page_names_no_folder_of_this_machine(page_address):
    for path in ("", "config"):
        assert str(EMBEDDED.parent) not in HTTP.get(page_address + path).text


def test_a_wrong_key_is_told_from_none(locked):
    assert HTTP.get(locked).json()["detail"].startswith("a key is needed. ")
    assert HTTP.get(locked, auth=("anyone", "wrong")).json()["detail"].startswith("this key is not known. ")


def test_the_documentation_tells_how_to_bring_a_key(locked):
    documented = HTTP.get(f"{locked}/openapi.json", headers={"X-API-Key": "first"}).json()
    schemes = documented["components"]["securitySchemes"]
    assert [{name: []} for name in schemes] == documented["security"]
    paths = documented["paths"]
    assert paths["/health"]["get"]["security"] == [] and "security" not in paths["/metrics"]["get"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer"} and schemes["header"]["name"] == "X-API-Key"


def call_tool(address: str, audio: str, key: str) -> httpx.Response:
    """What an assistant asks for a recording."""
    parameters = {"name": "recognize", "arguments": {"audio": audio}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    return HTTP.post(f"{address}/gradio_api/mcp/", json=call, headers=headers)


def test_an_assistant_brings_its_key(locked):
    recording = "data:audio/wav;base64," + base64.b64encode(SHORT).decode()
    assert call_tool(locked, recording, "wrong").status_code == 401
    answer = call_tool(locked, recording, "first")
    assert answer.status_code == 200 and '"isError":false' in answer.text and "'speech_length': " in answer.text


def test_an_assistant_opens_no_address_either(locked, other_server):
    url, asked = other_server
    answer = call_tool(locked, url, "first")
    assert answer.status_code == 200 and "an address is not opened" in answer.text
    assert asked == []


@pytest.mark.parametrize("name", ["%00", "a" * 300], ids=["zero byte", "too long"])
def test_a_name_that_no_disk_can_have_is_refused_without_a_traceback(locked, name, capsys):
    answer = call_tool(locked, f"{locked}/gradio_api/file={get_upload_folder()}/{name}", "first")
    assert answer.status_code == 200 and "an address is not opened" in answer.text
    assert "Traceback" not in capsys.readouterr().err


def test_health_needs_no_key(locked):
    assert HTTP.get(f"{locked}/health").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "first"},
        {"Authorization": "Bearer first"},
        {"authorization": "bearer first"},
        {"X-API-Key": "sécond".encode()},
        {"Authorization": b"Basic " + base64.b64encode("anyone:sécond".encode())},
    ],
)
def test_any_key_opens_page_and_service(locked, headers):
    assert "SER Demo" in HTTP.get(locked, headers=headers).text
    task = HTTP.post(locked + PATH, files={"file": SHORT}, headers=headers)
    assert HTTP.get(task.headers["Location"], headers=headers).status_code == 200


def test_the_gradio_client_brings_its_key(locked, recognizer):
    client = Client(locked, headers={"X-API-Key": "first"}, verbose=False)
    assert client.predict(handle_file(str(CALL)), api_name="/recognize") == recognizer.recognize(CALL).to_dict()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
@pytest.mark.parametrize("path", [PATH, "gradio_api/upload", "gradio_api/call/recognize", "gradio_api/queue/join"])
def test_no_foreign_page_may_start_anything(page_address, path, headers):
    answer = HTTP.post(page_address + path.lstrip("/"), files={"file": SHORT}, headers=headers)
    assert answer.status_code == 403 and "page" in answer.json()["detail"]


def test_a_foreign_page_cannot_pass_itself_off_as_the_own_one_behind_a_proxy(page_address):
    """Over plain HTTP browsers say no more than Origin, and a page may set other headers once Gradio has allowed it."""
    headers = {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}
    assert HTTP.post(page_address + PATH.lstrip("/"), files={"file": SHORT}, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["config", "metrics", PATH.lstrip("/") + "/x"])
def test_no_foreign_page_may_read_anything_and_any_may_link_here(page_address, path):
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert HTTP.get(page_address + path, headers=foreign).status_code == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert HTTP.get(page_address + path, headers=link).status_code in (200, 404)


def test_the_own_page_may_also_behind_a_proxy(page_address):
    address = page_address.rstrip("/")
    for headers in (
        {"Origin": address},
        {"Origin": "https://ser.example.org", "X-Forwarded-Host": "ser.example.org", "Sec-Fetch-Site": "same-origin"},
    ):
        assert HTTP.post(address + PATH, files={"file": SHORT}, headers=headers).status_code == 202


@pytest.fixture(scope="module")
def other_server() -> Iterator[tuple[str, list[str]]]:
    """A server that holds a recording, its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(EXAMPLES))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}/happy_phone.wav", asked
    server.shutdown()


def call_recognize(address: str, data: object) -> str:
    event = HTTP.post(f"{address}gradio_api/call/recognize", json={"data": [data]}).json()["event_id"]
    return HTTP.get(f"{address}gradio_api/call/recognize/{event}", timeout=30).text


def test_an_address_given_as_a_recording_is_not_opened(page_address, other_server):
    url, asked = other_server
    for data in ({"path": url, "meta": FILE_DATA}, {"path": url, "url": url, "meta": FILE_DATA}):
        answer = call_recognize(page_address, data)
        assert "event: error" in answer and "an address is not opened" in answer
    with pytest.raises(AppError, match="an address is not opened"):
        Client(page_address, verbose=False).predict({"path": url, "meta": FILE_DATA}, api_name="/recognize")
    assert asked == []


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "../../etc/passwd", "recording"])
@pytest.mark.parametrize("form", ["{path}", "http://host/gradio_api/file={path}", "file://{path}"])
def test_no_path_reaches_the_file_system(page_address, path, form, tmp_path):
    if path == "recording":  # of the server's owner; the examples are for everybody
        path = shutil.copy(CALL, tmp_path)
    answer = call_recognize(page_address, {"path": form.format(path=path), "meta": FILE_DATA})
    assert "event: error" in answer and "event: complete" not in answer
    assert "Traceback" not in answer and "/tmp" not in answer and "root:" not in answer


def test_the_address_of_an_uploaded_file_is_that_file(page_address, recognizer):
    with open(CALL, "rb") as file:
        (path,) = HTTP.post(f"{page_address}gradio_api/upload", files={"files": file}).json()
    data = {"path": f"{page_address}gradio_api/file={path}", "meta": FILE_DATA}
    assert "event: complete" in call_recognize(page_address, data)


def test_a_file_name_is_no_path(page_address):
    address = page_address.rstrip("/")
    answer = ended(address, accepted(send(address, b"\x80" * 1_500_000, "../../etc/cron.d/evil.wav")))
    assert answer["error"].startswith("evil.wav: ")


@pytest.mark.parametrize("path", ["", "health", "docs", "gradio_api/info", PATH.lstrip("/") + "/x"])
def test_every_answer_has_safe_headers(page_address, path):
    headers = HTTP.get(page_address + path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'self' https://huggingface.co" in headers["Content-Security-Policy"]


def first_line(address: str, path: str, body_header: str, endless: bytes = b"") -> tuple[bytes, int]:
    """How a request is answered whose body has begun, and how often `endless` was sent until then."""
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    head += f"{body_header}\r\n\r\n"
    sent = 0
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        while endless and sent < 100 and not select.select([connection], [], [], 0.1)[0]:
            connection.sendall(endless)
            sent += 1
        return connection.recv(1000).split(b"\r\n")[0], sent


@pytest.mark.parametrize("path", ["gradio_api/upload", "gradio_api/call/recognize", "gradio_api/queue/join", PATH[1:]])
def test_a_body_that_declares_too_much_is_refused_unread(page_address, path):
    answer, _ = first_line(page_address, path, f"Content-Length: {70 * 1024**2}")
    assert answer == b"HTTP/1.1 413 Request Entity Too Large"


@pytest.mark.parametrize("path", ["gradio_api/upload", PATH[1:]])
def test_a_body_that_declares_nothing_is_refused_while_it_is_read(page_address, path):
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + bytes(1024**2)
    answer, sent = first_line(page_address, path, "Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(part), part))
    assert answer == b"HTTP/1.1 413 Request Entity Too Large" and sent < 10
