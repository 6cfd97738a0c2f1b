"""The other tabs in a real browser, whose fake microphone is silent for 5 seconds and then plays an example."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from audio_files import with_av
from browsing import CHROMIUM, DESKTOP, FLAGS, PHONE, analyse_all, findings, slow_down, visit
from conftest import SMALL, free_port
from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright
from recordings import EXAMPLES, at_16_khz
from test_other_checkpoints import tiny_wav2vec2

from ser_demo import EmotionRecognizer
from ser_demo.evaluation.figures import Evaluation
from ser_demo.labels import EMOTIONS
from ser_demo.settings import EMBEDDED, Limits
from ser_demo.speech import SAMPLE_RATE
from ser_demo.ui import build_page, launch
from ser_demo.ui.words import say

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")
LATENCY = 500  # milliseconds


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("microphone") / "voice.wav"
    _, customer = at_16_khz("call_two_channels.flac")
    spoken = np.concatenate([np.zeros(5 * SAMPLE_RATE, np.float32), customer[12 * SAMPLE_RATE :]])
    soundfile.write(microphone, spoken, SAMPLE_RATE, subtype="PCM_16")
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*FLAGS, *fake, f"--use-file-for-fake-audio-capture={microphone}"]
    )
    yield browser
    browser.close()


def start_listening(page: Page) -> None:
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start listening").click()


def state(page: Page) -> str:
    return page.locator(".ser-live-state").inner_text()


def test_a_visit_from_the_first_word_to_the_kept_result(page: Page) -> None:
    start_listening(page)
    page.set_viewport_size(PHONE)
    expect(page.locator(".ser-live-state")).to_have_text("Listening. Say a few words.")
    expect(page.locator(".ser-live-state")).to_have_text(re.compile("gives no sound"))  # the silence at the beginning
    now = page.locator(".ser-live .ser-summary")
    expect(now).to_have_text(re.compile(f"({'|'.join(EMOTIONS)}) \\(\\d+"), timeout=15_000)
    expect(page.locator(".ser-live-lane [role=listitem]").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    heard = page.locator(".ser-live-clock").inner_text()
    assert state(page).startswith("Paused")
    page.get_by_role("tab", name="One recording").click()  # and back: nothing is lost
    page.get_by_role("tab", name="Live").click()
    assert page.locator(".ser-live-clock").inner_text() == heard
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".ser-live-clock")).not_to_have_text(heard)
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-live h3")).to_have_text("Die letzten 4 Sekunden")
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-live h3")).to_have_text("Die letzten 4 Sekunden")
    page.get_by_role("link", name="English").click()
    expect(page.locator(".ser-live h3")).to_have_text("The last 4 seconds")
    delays = page.evaluate("performance.getEntriesByName('ser-live').map(entry => entry.duration)")
    assert len(delays) > 10 and sorted(delays)[len(delays) // 2] < LATENCY
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Keep the recording").click()
    expect(page.get_by_role("tab", name="One recording")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".ser-cards .ser-summary")).to_have_count(1, timeout=15_000)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("tab", name=say("en", "exports")).click()
    expect(page.locator("a[download^=live-]").first).to_be_visible()


@pytest.mark.parametrize(("button", "question"), [("Pause", "hear"), ("Stop", "finish")])
def test_the_language_changes_while_an_answer_is_on_its_way(page: Page, button: str, question: str) -> None:
    start_listening(page)
    expect(page.locator(".ser-live-clock")).not_to_have_text("0:00")
    on_their_way: list[Route] = []

    def hold(route: Route) -> None:
        if f'"{question}"' in (route.request.post_data or ""):
            on_their_way.append(route)
        else:
            route.continue_()

    page.route(re.compile("component_server"), hold)
    page.wait_for_timeout(300)  # longer than it takes until the next question
    page.get_by_role("button", name=button).click()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-live-state")).to_have_text(re.compile("^(Pause|Beendet)"))
    for _ in range(400):
        if not on_their_way:
            page.wait_for_timeout(50)
    page.unroute(re.compile("component_server"))  # and lets go of what is held
    expect(page.locator(".ser-live h3")).to_have_text("Die letzten 4 Sekunden")


def test_a_late_answer_to_the_recording_before_has_nothing_sent_twice(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"hear"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile("component_server"), hold)

    def wait_for(count: int) -> None:
        for _ in range(200):
            if len(held) < count:
                page.wait_for_timeout(50)
        page.wait_for_timeout(1000)
        assert len(held) == count

    start_listening(page)
    wait_for(1)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Start listening").click()
    wait_for(2)
    held[0].continue_()
    page.wait_for_timeout(2000)
    tickets = [route.request.post_data_json["data"]["ticket"] for route in held]
    assert len(tickets) == 2 and tickets[0] != tickets[1]  # nor is the new sound sent as the end of the old recording


def test_what_is_discarded_is_gone_and_another_can_be_started(page: Page) -> None:
    start_listening(page)
    expect(page.locator(".ser-live-clock")).not_to_have_text("0:00")
    uploads: list[str] = []
    page.on("request", lambda request: uploads.append(request.url) if "/upload" in request.url else None)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Discard").click()
    assert state(page) == "Discarded. Nothing was kept."
    expect(page.locator(".ser-live .ser-card")).to_be_hidden()
    page.get_by_role("button", name="Start listening").click()
    expect(page.locator(".ser-live-state")).to_have_text("Listening. Say a few words.")
    assert uploads == []


REFUSED = ["--deny-permission-prompts", "--use-fake-device-for-media-stream"]
no_microphone = pytest.mark.parametrize(
    ("flags", "said"),
    [(REFUSED, "The browser was not allowed to use the microphone"), ([], "No microphone was found")],
    ids=["refused", "none"],
)


@no_microphone
def test_why_there_is_no_microphone_is_said(playwright: Playwright, page_address: str, flags, said) -> None:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    with visit(browser, page_address) as page:
        page.get_by_role("button", name="Record audio").click()
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        page.get_by_role("button", name="Slow and low voice").click()  # all else goes on
        expect(page.locator("#ser-result .ser-card")).to_have_count(1)
        start_listening(page)
        expect(page.locator(".ser-live-state")).to_have_text(re.compile(said))
        expect(page.get_by_role("button", name="Start listening")).to_be_visible()
    browser.close()


def test_a_recording_of_oneself_is_analysed_and_a_silent_one_said_to_be(page: Page) -> None:
    page.get_by_role("button", name="Record audio").click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#ser-recording")).to_contain_text("0:02")  # the fake microphone is silent for 7 seconds
    expect(page.locator("#ser-analyse")).to_be_disabled()
    page.locator("#ser-recording .stop-button").click()
    page.locator("#ser-analyse").click()  # as soon as it can be pressed: the recording has got to the server then
    expect(page.get_by_role("alert").filter(has_text="There is no sound in this recording")).to_be_visible()
    expect(page.locator(".ser-summary")).to_have_text(["Not enough speech to tell"])
    page.locator("#ser-recording").get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#ser-recording")).to_contain_text("0:11")  # somebody speaks from 7.6 s on
    page.locator("#ser-recording .stop-button").click()
    page.locator("#ser-analyse").click()
    expect(page.locator("#ser-result .ser-bars")).to_be_visible()
    expect(page.locator(".ser-failed")).to_have_count(0)


# Model


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page whose visitors may choose another model, and give it a few minutes to listen to."""
    other = tiny_wav2vec2(tmp_path_factory.mktemp("models") / "other", ["hap", "contempt"])
    limits = Limits(max_bytes=20_000_000, max_seconds=600, max_channels=2)
    settings = replace(SMALL, models=(other,), limits=limits)
    page = build_page(EmotionRecognizer(settings=settings), settings)
    yield launch(page, settings, free_port())
    page.close(verbose=False)


def test_the_model_tab_shows_what_the_model_takes_for_what(page: Page) -> None:
    page.get_by_role("tab", name="Model").click()
    evaluation = Evaluation.from_dict(json.loads((EMBEDDED / "evaluation.json").read_text()))
    ravdess = next(row for row in evaluation.corpora if row.corpus == "ravdess")
    expect(page.locator(".ser-figures").first).to_contain_text("RAVDESS")
    page.get_by_role("radio", name="RAVDESS").click()
    drawing = page.locator(".ser-chart-confusion svg")
    expect(drawing).to_contain_text("surprised")
    expect(drawing).to_contain_text(str(max(max(row) for row in ravdess.confusion)))
    expect(page.locator(".ser-chart-calibration svg")).to_be_visible()
    expect(page.locator("#ser-model-choice")).to_be_hidden()  # there is nothing to choose
    page.get_by_role("link", name="Deutsch").click()
    expect(drawing).to_contain_text("überrascht")


def test_another_model_can_be_chosen_and_compared(browser: Browser, two_models: str) -> None:
    with visit(browser, two_models) as page:
        page.get_by_role("tab", name="Model").click()
        expect(page.locator(".ser-model h2").first).to_contain_text("ser-demo-whisper")
        page.locator("#ser-model-choice input").click()
        page.get_by_role("option", name="other").click()
        expect(page.locator(".ser-unmeasured")).to_be_visible()
        page.locator("#ser-compare-recording input[type=file]").set_input_files(EXAMPLES / "sad_voice.flac")
        page.locator("#ser-compare-recording").get_by_role("button", name="Clear").wait_for()
        page.get_by_role("button", name="Compare").click()
        columns = page.locator(".ser-comparison > section")
        expect(columns).to_have_count(2)
        expect(columns.first).to_contain_text("surprised")
        expect(columns.last).to_contain_text("contempt")
        page.get_by_role("tab", name="Live").click()
        page.get_by_role("button", name="Start listening").click()
        expect(page.locator(".ser-live .ser-bars th")).to_have_text(["happy", "contempt"])
        page.get_by_role("tab", name="One recording").click()
        page.get_by_role("button", name="Slow and low voice").click()
        expect(page.locator("#ser-result .ser-bars")).to_contain_text("contempt")


def test_a_video_can_be_compared(browser: Browser, two_models: str, tmp_path: Path) -> None:
    samples, rate = soundfile.read(EXAMPLES / "sad_voice.flac", dtype="float32")
    (tmp_path / "talk.mkv").write_bytes(with_av(samples[None], rate, "matroska", "aac"))
    with visit(browser, two_models) as page:
        choose_to_compare(page, tmp_path / "talk.mkv")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".ser-comparison > section")).to_have_count(2)


def choose_to_compare(page: Page, path: Path) -> None:
    page.get_by_role("tab", name=re.compile("^Mode")).click()
    recording = page.locator("#ser-compare-recording")
    if recording.get_by_role("button", name="Clear").is_visible():
        recording.get_by_role("button", name="Clear").click()
    with page.expect_response(lambda response: "/upload?" in response.url):
        recording.locator("input[type=file]").set_input_files(path)
    recording.get_by_role("button", name="Play", exact=True).wait_for()


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Four minutes, which two models work on for seconds."""
    call = np.stack(at_16_khz("call_two_channels.flac"), axis=1)
    soundfile.write(tmp_path / "long.flac", np.tile(call, (8, 1)), SAMPLE_RATE)
    return tmp_path / "long.flac"


def test_a_result_names_the_model_that_answered(browser: Browser, two_models: str) -> None:
    with visit(browser, two_models) as page:
        page.get_by_role("button", name="Slow and low voice").click()
        answered = page.locator(".ser-answered")
        expect(answered).to_have_text("Model: ser-demo-whisper")
        page.get_by_role("tab", name="Model").click()
        page.locator("#ser-model-choice input").click()
        page.get_by_role("option", name="other").click()
        page.get_by_role("tab", name="One recording").click()
        page.get_by_role("link", name="Deutsch").click()
        expect(answered).to_have_text("Modell: ser-demo-whisper")  # whichever would answer now
        page.get_by_role("button", name="Langsame, tiefe Stimme").click()
        expect(answered).to_have_text("Modell: other")


def test_of_two_quick_choices_the_last_one_counts(browser: Browser, two_models: str) -> None:
    with visit(browser, two_models) as page:
        page.get_by_role("tab", name="Model").click()
        about = page.locator(".ser-model h2").first
        expect(about).to_contain_text("ser-demo-whisper")
        corpora = page.locator("#ser-model-corpus input")
        drawing = page.locator(".ser-charts")
        first = drawing.text_content()
        slow_down(page, 700)
        corpora.nth(1).click()
        corpora.nth(2).click()
        corpora.first.click()
        expect(drawing).not_to_have_text(first)
        expect(drawing).to_have_text(first)
        page.locator("#ser-model-choice input").click()
        page.get_by_role("option", name="other").click()
        page.locator("#ser-model-choice input").click()
        page.get_by_role("option", name="ser-demo-whisper").click()
        page.get_by_role("tab", name="One recording").click()
        page.get_by_role("button", name="Slow and low voice").click()
        expect(page.locator(".ser-answered")).to_have_text("Model: ser-demo-whisper")
        page.get_by_role("tab", name="Model").click()
        expect(about).to_contain_text("ser-demo-whisper")


def test_a_comparison_follows_the_language_while_it_runs_and_afterwards(
    browser: Browser, two_models: str, long: Path
) -> None:
    with visit(browser, two_models) as page:
        choose_to_compare(page, long)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        page.get_by_role("link", name="Deutsch").click()
        expect(page.locator(".ser-comparison .ser-card h3")).to_have_text(["Links", "Rechts"] * 2, timeout=60_000)
        expect(page.get_by_role("status").filter(has_text="Auswertung fertig. long.flac: ser-demo")).to_have_count(1)
        page.get_by_role("link", name="English").click()
        expect(page.locator(".ser-comparison .ser-card h3")).to_have_text(["Left", "Right"] * 2)


def test_a_comparison_can_be_stopped_and_never_outlives_its_recording(
    browser: Browser, two_models: str, long: Path
) -> None:
    with visit(browser, two_models) as page:
        choose_to_compare(page, long)
        page.get_by_role("button", name="Compare").click()
        page.wait_for_function(
            "[...document.querySelectorAll('.ser-state')].at(-1).innerText.includes(' - ')"
        )  # at work
        page.get_by_role("button", name="Stop").click()
        stopped = page.get_by_role("alert").filter(has_text="Stopped.")
        expect(stopped).to_be_visible()
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        page.wait_for_timeout(3000)
        expect(page.locator(".ser-comparison")).to_have_count(0)
        choose_to_compare(page, EXAMPLES / "sad_voice.flac")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".ser-comparison > section")).to_have_count(2)
        expect(stopped).to_have_count(0)
        choose_to_compare(page, long)
        expect(page.locator(".ser-comparison")).to_have_count(0)


# All of them


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tabs_fit_and_are_accessible(browser: Browser, two_models: str, scheme: str, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_text("no audio at all " * 100)
    with visit(browser, two_models, viewport=DESKTOP, color_scheme=scheme, reduced_motion="reduce") as page:

        def check() -> None:
            for size in (PHONE, DESKTOP):
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
                assert findings(page) == []

        start_listening(page)
        expect(page.locator(".ser-live-clock")).not_to_have_text("0:00")
        check()
        page.get_by_role("button", name="Stop").click()
        with page.expect_event("dialog") as asked:  # whether to throw the recording away
            page.evaluate("setTimeout(() => location.reload())")
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        analyse_all(page, [EXAMPLES / "sad_voice.flac", tmp_path / "broken.wav"], 2)
        expect(page.locator(".ser-many-progress")).to_contain_text("2 of 2 done")
        check()
        page.get_by_role("tab", name="Model").click()
        page.locator(".ser-charts").wait_for()
        check()
