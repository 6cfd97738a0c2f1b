"""Debian's Chromium for the tests that look at the page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
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
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
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


def slow_down(page: Page, milliseconds: int) -> None:
    """From now on, the server's answer to whatever the page tells it takes so long; that to an upload does not."""
    page.evaluate(
        """milliseconds => {
          const send = window.fetch;
          window.fetch = async (address, options) => {
            const answer = await send(address, options);
            const is_told = options?.method === "POST" && !String(address).includes("/upload");
            if (is_told) await new Promise((come) => setTimeout(come, milliseconds));
            return answer;
          };
        }""",
        milliseconds,
    )


def upload(page: Page, path: Path) -> None:
    """Puts a file in place of the one before and waits until the server has it."""
    clear = page.locator("#ser-recording").get_by_role("button", name="Clear")
    if clear.is_visible():
        clear.click()
    with page.expect_response(lambda response: "/upload?" in response.url):
        page.locator("#ser-recording input[type=file]").set_input_files(path)
    clear.wait_for()


def analyse_all(page: Page, chosen: Path | list[Path], count: int) -> None:
    """Analyses files, or a folder, of so many recordings, as far as they reach the server."""
    page.get_by_role("tab", name="Many recordings").click()
    kind = "files" if isinstance(chosen, list) else "directory"
    page.locator(f"[data-many={kind}]").set_input_files(chosen)
    expect(page.locator("[data-many=state]")).to_contain_text(f"{count} chosen.")
    page.get_by_role("button", name="Analyse all").click()


def findings(page: Page) -> list[str]:
    """Serious violations of WCAG, each with the elements that it is found in."""
    found = Axe().run(page, options=WCAG).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]} {node['any'][:1]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
