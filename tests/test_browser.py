"""The page in a real browser: what a visitor sees is what Python answers, and nothing leaves the server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ser_demo import EmotionRecognizer
from ser_demo.ui.wording import channel_name, summary

EXAMPLES = Path(__file__).parent.parent / "examples"
CALL = EXAMPLES / "call_two_channels.flac"
NEWS = EXAMPLES / "neutral_news.m4a"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")
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
NO_WAVEFORM = "Waveform load error: MediaError"  # what Gradio's player says of a file that is no audio


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, page_address: str) -> Iterator[Page]:
    """The page, just opened; afterwards it must have asked no other host for anything and logged no error."""
    page = browser.new_page(accept_downloads=True)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_address)
    page.get_by_role("button", name="Analyse").wait_for()
    yield page
    page.close()
    assert [url for url in requests if not url.startswith((page_address, "data:", "blob:"))] == []
    assert [text for text in complaints if text != NO_WAVEFORM] == []


def upload(page: Page, path: Path) -> None:
    """Puts a file in place of the one before and waits until the server has it."""
    clear = page.locator("#ser-recording").get_by_role("button", name="Clear")
    if clear.is_visible():
        clear.click()
    with page.expect_response(lambda response: "/upload?" in response.url):
        page.locator("input[type=file]").set_input_files(path)
    clear.wait_for()


def analyse(page: Page) -> None:
    page.get_by_role("button", name="Analyse").click()


def cards(page: Page, count: int) -> list[tuple[str, str, str]]:
    """Name, sentence and first bar of each channel, as soon as there are `count`."""
    shown = page.locator(".ser-card")
    expect(shown).to_have_count(count)
    return [
        (
            card.locator("h3").inner_text(),
            card.locator(".ser-summary").inner_text(),
            card.locator(".ser-bars th").first.inner_text(),
        )
        for card in shown.all()
    ]


def expected_cards(recognizer: EmotionRecognizer, path: Path) -> list[tuple[str, str | None, str]]:
    channels = recognizer.recognize(path).channels
    return [
        (channel_name(number, len(channels)), sentence[0].upper() + sentence[1:], channel.emotion)
        for number, channel in enumerate(channels)
        for sentence in [summary(channel)]
    ]


def test_both_channels_show_what_python_answers(page: Page, recognizer: EmotionRecognizer) -> None:
    upload(page, CALL)
    analyse(page)
    assert cards(page, 2) == expected_cards(recognizer, CALL)
    channels = recognizer.recognize(CALL).channels
    for channel, lane in zip(channels, page.locator(".ser-lane").all(), strict=True):
        blocks = lane.get_by_role("listitem")
        assert 1 <= blocks.count() <= len(channel.segments)
        assert channel.segments[0].scores and blocks.first.get_attribute("title")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "call_two_channels.emotions.csv"


def test_a_bad_file_shows_its_message_and_the_next_good_one_works(
    page: Page, recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    upload(page, NEWS)
    analyse(page)
    assert cards(page, 1) == expected_cards(recognizer, NEWS)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio at all " * 100)
    upload(page, broken)
    expect(page.locator(".ser-card")).to_have_count(0)  # the result of the file before
    analyse(page)
    expect(page.get_by_text("broken.wav: it is not an audio file")).to_be_visible()
    expect(page.locator(".ser-card")).to_have_count(0)
    upload(page, CALL)
    analyse(page)
    assert cards(page, 2) == expected_cards(recognizer, CALL)


def test_nothing_chosen_shows_a_message(page: Page) -> None:
    analyse(page)
    expect(page.get_by_text("No recording chosen")).to_be_visible()


def test_an_example_runs_with_one_click_and_fits_a_phone(page: Page, recognizer: EmotionRecognizer) -> None:
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Phone call, two channels").click()
    assert cards(page, 2) == expected_cards(recognizer, CALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Music, no speech").click()
    expect(page.locator(".ser-summary")).to_have_text(["Not enough speech to tell"])
