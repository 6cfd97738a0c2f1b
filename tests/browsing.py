"""Debian's Chromium for the tests that look at the page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

expect.set_options(timeout=20_000)  # for busy machines; what is there sooner costs no time

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
NOT_OURS = "Waveform load error: MediaError"  # what Gradio's player says of a file that is no audio
BROKEN_OFF = "net::ERR_FAILED"  # what Chromium says of a request that a test has broken off
NO_MEDIA = "ERR_REQUEST_RANGE_NOT_SATISFIABLE"  # what Chromium's player does with a file that is no audio


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, address: str, query: str = "", script: str = "", **options: Any) -> Iterator[Page]:
    """The page, just opened; afterwards it must have asked no other host for anything and logged no error.

    `script` runs before those of the page.
    """
    page = browser.new_page(**options)
    page.add_init_script(script)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address + query)
    page.locator("#ser-analyse").wait_for()
    yield page
    page.close()
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    expected = (NOT_OURS, NO_MEDIA, BROKEN_OFF)
    unexpected = [text for text in complaints if not any(part in text for part in expected)]
    assert not unexpected, unexpected


def upload(page: Page, path: Path) -> None:
    """Puts a file in place of the one before and waits until the server has it."""
    clear = page.locator("#ser-recording").get_by_role("button", name="Clear")
    if clear.is_visible():
        clear.click()
    with page.expect_response(lambda response: "/upload?" in response.url):
        page.locator("#ser-recording input[type=file]").set_input_files(path)
    clear.wait_for()
