"""What screen readers are told when a result has come."""

import re
import threading
from typing import Any

import pytest
from browsing import CHROMIUM, upload, visit
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, Page, expect
from recordings import CALL

from ser_demo import EmotionRecognizer
from ser_demo.result import Audio, Channel, Model, Result
from ser_demo.ui.announcement import comparison_told, result_told

# Notes what is written into elements whose changes are spoken, what Gradio says by itself apart from the rest.
EAR = """
[window.heard, window.heardOfGradio] = [[], []];
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const region = (target.closest ? target : target.parentElement)?.closest("[role=status]");
    const said = region?.textContent.replaceAll("\\u00a0", " ");
    if (said) (region.matches(".sr-only") ? window.heardOfGradio : window.heard).push(said);
  }
}).observe(document, { childList: true, characterData: true, subtree: true });
"""


def result(*scores: dict[str, float], model: str = "tiny", warnings: tuple[str, ...] = ()) -> Result:
    channels = tuple(Channel(number, 4.0, found, (), warnings) for number, found in enumerate(scores))
    return Result(channels, Audio(5.0, 16_000, len(scores)), Model(model, "1"))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_it_names_the_recording_and_says_how_sure_the_model_is() -> None:
    alone = result({"angry": 0.71, "sad": 0.29})
    assert plain(result_told(alone, "a.wav", ["Recording"], "en")) == "Analysis complete. a.wav: mostly angry (71 %)"
    call = result({"calm": 0.45, "sad": 0.3, "angry": 0.25}, {})
    told = plain(result_told(call, "a.wav", ["Berater", "Kunde"], "de"))
    assert told == "Auswertung fertig. a.wav: Berater vielleicht ruhig (45 %); Kunde zu wenig Sprache für eine Aussage"
    unsure = result({"angry": 0.31, "sad": 0.3}, warnings=("uncertain: no emotion reaches 40 %",))
    assert "too uncertain to tell, perhaps angry" in result_told(unsure, "a.wav", ["Recording"], "en")


def test_it_says_which_model_says_what() -> None:
    both = [result({"angry": 0.71}, model="one"), result({"sad": 0.6}, model="other")]
    told = plain(comparison_told(both, "a.wav", ["Recording"], "en"))
    assert told == "Analysis complete. a.wav: one, mostly angry (71 %). other, mostly sad (60 %)"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")
def test_a_result_is_heard_once_and_in_the_reader_s_language(browser: Browser, page_address: str) -> None:
    def expect_to_hear(page: Page, count: int) -> str:
        page.wait_for_function("count => window.heard.length >= count", arg=count)
        page.wait_for_timeout(500)  # nothing comes twice
        heard = page.evaluate("window.heard")
        assert len(heard) == count
        return heard[-1]

    with visit(browser, page_address, script=EAR) as page:
        upload(page, CALL)
        page.locator("#ser-analyse").click()
        said = expect_to_hear(page, 1)
        assert re.match(r"Analysis complete\. call_two_channels\.flac: Left (mostly|perhaps) calm \(", said)
        assert re.search("; Right (mostly|perhaps) angry ", said)
        announcement = page.get_by_role("status").filter(has_text="Analysis complete")
        assert announcement.evaluate("element => element.closest('.ser-unseen').getBoundingClientRect().width") <= 1
        page.get_by_role("link", name="Deutsch").click()
        expect(page.locator(".ser-summary").first).to_contain_text("ruhig")
        assert expect_to_hear(page, 1) == said
        expect(announcement).to_have_count(0)  # nothing is left in the other language
        for count in (2, 3):  # the same result once more is news as well
            page.locator("#ser-analyse").click()
            assert re.search(r"Links (überwiegend|vielleicht) ruhig \(", expect_to_hear(page, count))
        page.wait_for_function("window.heardOfGradio.at(-1) === 'Fertig'")  # and no name of a text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")
def test_the_place_in_the_queue_is_heard_in_the_reader_s_language(
    browser: Browser, page_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify, goes_on = EmotionRecognizer._classify, threading.Event()

    def wait(*arguments: Any) -> None:
        goes_on.wait(60)
        classify(*arguments)

    monkeypatch.setattr(EmotionRecognizer, "_classify", wait)
    client = Client(page_address, verbose=False)
    jobs = [client.submit(handle_file(str(CALL)), api_name="/recognize") for _ in range(4)]  # more than are worked on
    with visit(browser, page_address, script=EAR) as page:
        upload(page, CALL)
        page.get_by_role("link", name="Deutsch").click()
        page.locator("#ser-analyse").click()
        page.wait_for_function("window.heardOfGradio.some(said => /^In der Warteschlange: \\d von \\d$/.test(said))")
        goes_on.set()
        page.wait_for_function("window.heardOfGradio.at(-1) === 'Fertig'")
    for job in jobs:
        job.result()
