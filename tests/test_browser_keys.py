"""The page of a server that asks for a key, as a browser that knows it sees every tab."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from browsing import CHROMIUM, chromium, visit
from conftest import SMALL, free_port
from playwright.sync_api import Error, expect
from recordings import EXAMPLES, at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.api import Service
from ser_demo.speech import SAMPLE_RATE
from ser_demo.ui import build_page, launch

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")
KEY = "a key of seven words, not to be guessed"


@pytest.fixture
def closed_address(recognizer: EmotionRecognizer, tmp_path: Path) -> Iterator[str]:
    """A page and service that only `KEY` opens."""
    settings = replace(SMALL, state_dir=tmp_path, api_keys=(KEY,))
    page = build_page(recognizer, settings)
    yield launch(page, settings, free_port(), Service(settings, workers=None))
    page.close(verbose=False)


def test_every_tab_works_with_a_key_and_nothing_without(closed_address: str, tmp_path: Path) -> None:
    microphone = tmp_path / "voice.wav"
    soundfile.write(microphone, at_16_khz("call_two_channels.flac")[1][12 * SAMPLE_RATE :], SAMPLE_RATE)
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with chromium(*fake, f"--use-file-for-fake-audio-capture={microphone}") as browser:
        stranger = browser.new_page()
        with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
            stranger.goto(closed_address)
        stranger.close()
        with visit(browser, closed_address, http_credentials={"username": "anyone", "password": KEY}) as page:
            page.get_by_role("button", name="Phone call, two channels").click()
            expect(page.locator("#ser-result .ser-card")).to_have_count(2)
            page.locator(".ser-play").click()
            page.wait_for_function("() => document.querySelector('.ser-now').innerText !== '0:00'")
            page.get_by_role("tab", name="Live").click()
            page.get_by_role("button", name="Start listening").click()
            expect(page.locator(".ser-live .ser-summary")).to_have_text(re.compile(r"\(\d+"))
            page.get_by_role("button", name="Stop").click()
            page.get_by_role("tab", name="Many recordings").click()
            page.locator("[data-many=files]").set_input_files(EXAMPLES / "sad_voice.flac")
            expect(page.locator("[data-many=state]")).to_have_text("1 chosen.")
            page.get_by_role("button", name="Analyse all").click()
            expect(page.locator(".ser-many-table tbody tr")).to_have_count(1)
            page.get_by_role("tab", name="Model").click()
            expect(page.locator(".ser-figures").first).to_be_visible()
