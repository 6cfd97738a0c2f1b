"""The tab "One recording" in a real browser, used as people use it; what they see is what Python answers."""

import csv
import io
import json
import re
import threading
import xml.etree.ElementTree as ET
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from audio_files import with_av
from browsing import CHROMIUM, DESKTOP, PHONE, findings, slow_down, upload, visit
from playwright.sync_api import Browser, Page, expect
from recordings import CALL, EXAMPLES

from ser_demo import EmotionRecognizer
from ser_demo.ui import recording
from ser_demo.ui.wording import channel_name, clock, summary

NEWS = EXAMPLES / "neutral_news.m4a"
NOW = "Number(document.querySelector('.ser-now').innerText.split(':')[1])"  # seconds past the minute

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package chromium")


def analyse(page: Page) -> None:
    page.locator("#ser-analyse").click()


def cards(page: Page, count: int) -> list[tuple[str, str, str]]:
    """Name, sentence and first bar of each channel, as soon as there are `count`."""
    shown = page.locator(".ser-card")
    expect(shown).to_have_count(count)
    expect(shown.last).to_be_visible()
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
        (channel_name(number, len(channels), "en"), sentence[0].upper() + sentence[1:], channel.emotion)
        for number, channel in enumerate(channels)
        for sentence in [summary(channel, "en")]
    ]


def open_example(page: Page) -> None:
    page.get_by_role("button", name="Phone call, two channels").click()
    expect(page.locator(".ser-wave [part~=block]").first).to_be_visible()


def test_an_upload_shows_both_channels_and_every_stretch_at_its_time(page: Page, recognizer: EmotionRecognizer) -> None:
    upload(page, CALL)
    analyse(page)
    assert cards(page, 2) == expected_cards(recognizer, CALL)
    result = recognizer.recognize(CALL)
    expected = {
        (name, clock(segment.start), next(iter(segment.scores)), round((segment.end - segment.start) / 0.5))
        for name, channel in zip(("Left", "Right"), result.channels, strict=True)
        for segment in channel.segments
    }
    regions = page.locator(".ser-wave [part~=block]")
    expect(regions).to_have_count(len(expected))
    seconds_per_pixel = result.audio.duration / page.locator(".ser-wave").bounding_box()["width"]
    shown = set()
    for region in regions.all():
        name, start, emotion = re.match(r"(\w+): ([\d:]+)\S* (\w+) \d+", region.get_attribute("title")).groups()
        assert region.inner_text() == emotion
        shown.add((name, start, emotion, round(region.bounding_box()["width"] * seconds_per_pixel / 0.5)))
    assert shown == expected
    page.get_by_text("Time line as a table").click()
    expect(page.locator(".ser-table tbody tr").first).to_be_visible()


def test_a_click_on_the_time_line_plays_from_there(page: Page) -> None:
    open_example(page)
    wave = page.locator(".ser-wave")
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    wave.click(position={"x": box["width"] * 0.72, "y": 40})  # the customer, angry
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".ser-readout")).to_have_text(re.compile(r"^Right: .* angry \d+"))
    assert page.evaluate(NOW) >= 22
    page.wait_for_function(
        "seconds => Number(document.querySelector('.ser-now').innerText.split(':')[1]) > seconds", arg=23
    )
    page.locator(".ser-play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    # The strongest moments and the arrow keys lead elsewhere.
    page.locator(".ser-moments button").first.click()
    page.wait_for_function(f"() => {NOW} < 20")
    page.get_by_role("slider").first.press("Home")
    wave.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    wave.press("ArrowRight")
    expect(wave).to_have_attribute("aria-valuenow", re.compile("^[567]$"))
    page.get_by_text("Right", exact=True).locator("visible=true").first.click()
    page.locator(".ser-nearer").click()
    expect(page.locator(".ser-wave [part~=block]").first).to_be_visible()


# Lends an ear to whatever any page plays: an analyser for each of the two ears.
EARS = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    const splitter = to.context.createChannelSplitter(2);
    window.ears = [0, 1].map((ear) => {
      const analyser = new AnalyserNode(to.context, { fftSize: 8192, smoothingTimeConstant: 0 });
      connect.call(splitter, analyser, ear);
      return analyser;
    });
    connect.call(this, splitter);
  }
  return connect.call(this, to, ...rest);
};
// dB of two tones in each ear.
window.hear = (tones) => window.ears.map((ear) => {
  const levels = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(levels);
  return tones.map((tone) => levels[Math.round((tone * ear.fftSize) / ear.context.sampleRate)]);
});
"""
LOUD, NOTHING = -40, -80  # dB
TONES = (440, 1320)  # Hz, of the left and the right channel


def test_one_channel_alone_is_heard_on_both_ears_and_the_other_is_not(
    browser: Browser, page_address: str, tmp_path: Path
) -> None:
    time = np.arange(20 * 16_000) / 16_000
    tones = np.stack([np.sin(2 * np.pi * tone * time) / 2 for tone in TONES], axis=1)
    soundfile.write(tmp_path / "tones.wav", tones, 16_000)
    with visit(browser, page_address, script=EARS) as page:
        upload(page, tmp_path / "tones.wav")
        analyse(page)
        expect(page.locator(".ser-wave canvas").first).to_be_visible()
        page.locator(".ser-play").click()

        def expect_to_hear(left: int, right: int) -> None:
            page.wait_for_function(
                "([tones, heard, loud, nothing]) => window.hear(tones).every((levels, ear) =>"
                " levels[heard[ear]] > loud && levels[1 - heard[ear]] < nothing)",
                arg=[TONES, (left, right), LOUD, NOTHING],
            )

        for choice, left, right in (("Right", 1, 1), ("Left", 0, 0), ("Everyone", 0, 1), ("Right", 1, 1)):
            page.locator(".ser-listen").get_by_text(choice).click()
            expect_to_hear(left, right)
        page.get_by_role("link", name="Deutsch").click()
        expect(page.get_by_role("radio", name="Rechts")).to_be_checked()
        expect_to_hear(1, 1)


def test_names_go_everywhere_and_into_every_export(browser: Browser, page: Page, recognizer: EmotionRecognizer) -> None:
    open_example(page)
    page.get_by_label("Name of “Left”").fill("Agent")
    page.get_by_label("Name of “Left”").press("Enter")
    expect(page.locator(".ser-card h3")).to_have_text(["Agent", "Right"])
    page.get_by_label("Name of “Right”").fill("Customer")
    page.get_by_label("Name of “Right”").press("Tab")
    expect(page.locator(".ser-card h3")).to_have_text(["Agent", "Customer"])
    page.get_by_role("button", name="Swap").click()
    expect(page.locator(".ser-card h3")).to_have_text(["Customer", "Agent"])
    expect(page.locator(".ser-lane-name")).to_have_text(["Customer", "Agent"])
    page.get_by_role("tab", name="Save").click()
    files = {}
    for kind in ("Report", "CSV", "JSON", "Audacity", "ELAN", "RTTM"):
        with page.expect_download() as download:
            page.locator(".ser-exports a").filter(has_text=re.compile(f"^{kind}")).click()
        files[download.value.suggested_filename] = Path(download.value.path()).read_text("utf-8")
    stem = "call_two_channels"
    assert list(files) == [
        f"{stem}.{end}" for end in ("emotions.html", "emotions.csv", "emotions.json", "labels.txt", "eaf", "rttm")
    ]
    answer = json.loads(files[f"{stem}.emotions.json"])
    assert [channel.pop("name") for channel in answer["channels"]] == ["Customer", "Agent"]
    assert answer == recognizer.recognize(CALL).to_dict()
    rows = list(csv.DictReader(io.StringIO(files[f"{stem}.emotions.csv"])))
    count = sum(len(channel["segments"]) for channel in answer["channels"])
    assert len(rows) == count and {row["name"] for row in rows} == {"Agent", "Customer"}
    assert len(files[f"{stem}.labels.txt"].splitlines()) == len(files[f"{stem}.rttm"].splitlines()) == count
    assert len(list(ET.fromstring(files[f"{stem}.eaf"].encode()).iter("ALIGNABLE_ANNOTATION"))) == count
    with browser.new_page() as report:
        report.set_content(files[f"{stem}.emotions.html"])
        expect(report.locator(".ser-card h3")).to_have_text(["Customer", "Agent"])
        assert report.locator("figure svg rect").count() == count
        report.set_viewport_size(PHONE)
        assert report.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert (
            report.evaluate(
                "(table => table.scrollWidth - table.clientWidth)(document.querySelector('.ser-table > div'))"
            )
            == 0
        )
        for scheme in ("light", "dark"):
            report.emulate_media(color_scheme=scheme)
            assert findings(report) == []


def test_a_name_counts_that_is_given_while_another_is_on_its_way(page: Page) -> None:
    open_example(page)
    slow_down(page, 700)
    page.get_by_label("Name of “Left”").fill("Agent")
    page.get_by_label("Name of “Right”").fill("Customer")
    page.get_by_role("button", name="Swap").click()
    expect(page.locator(".ser-card h3")).to_have_text(["Customer", "Agent"])
    page.wait_for_timeout(2000)
    expect(page.locator(".ser-card h3")).to_have_text(["Customer", "Agent"])


def test_the_times_of_no_recording_are_written_over_each_other(page: Page, page_address: str) -> None:
    open_example(page)
    script = f'import("{page_address}scripts/player.js")'
    for width in (PHONE["width"] - 80, DESKTOP["width"] - 400):
        for seconds in (10, 60, 600, 3600, 2 * 3600, 4 * 3600):
            times, notches = page.evaluate(f"{script}.then((player) => player.axisSteps({width / seconds}))")
            assert times % notches == 0 and seconds / times >= 1  # there is one beside 0:00
            assert times * width / seconds > 50  # pixels of "1:05:00"


def test_the_sound_tab_shows_a_picture_per_channel(page: Page) -> None:
    open_example(page)
    page.get_by_role("tab", name="Sound").click()
    pictures = page.locator(".ser-picture img")
    expect(pictures).to_have_count(2, timeout=20_000)
    assert all(picture.evaluate("image => image.naturalWidth") > 500 for picture in pictures.all())
    pictures.first.click(position={"x": 10, "y": 20})
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-pictures figcaption").first).to_contain_text("Spektrogramm und Tonhöhe")
    expect(pictures).to_have_count(2)


def test_a_bad_file_shows_its_message_and_the_next_good_one_works(
    page: Page, recognizer: EmotionRecognizer, tmp_path: Path
) -> None:
    upload(page, NEWS)
    analyse(page)
    assert cards(page, 1) == expected_cards(recognizer, NEWS)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio at all " * 100)
    upload(page, broken)
    expect(page.locator("#ser-result")).to_be_hidden()  # the result of the file before
    analyse(page)
    expect(page.get_by_role("alert").filter(has_text="broken.wav: it is not an audio file")).to_be_visible()
    expect(page.locator("#ser-result")).to_be_hidden()
    for link, said in (("Deutsch", "broken.wav: Das ist keine Tondatei"), ("English", "broken.wav: it is not an")):
        page.get_by_role("link", name=link).click()
        expect(page.locator(".ser-failed span:visible")).to_have_count(1)
        expect(page.locator(".ser-failed span:visible")).to_contain_text(said)
    upload(page, CALL)
    analyse(page)
    assert cards(page, 2) == expected_cards(recognizer, CALL)
    expect(page.locator(".ser-failed")).to_have_count(0)


def test_nothing_chosen_shows_a_message(page: Page) -> None:
    analyse(page)
    expect(page.get_by_role("alert").filter(has_text="No recording chosen")).to_be_visible()


def test_an_example_has_a_link_that_opens_it_again(browser: Browser, page: Page, recognizer: EmotionRecognizer) -> None:
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Music, no speech").click()
    expect(page.locator(".ser-summary")).to_have_text(["Not enough speech to tell"])
    page.goto(page.url.replace("hold_music.ogg", "call_two_channels.flac"))
    assert cards(page, 2) == expected_cards(recognizer, CALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.go_back()
    expect(page.locator(".ser-summary")).to_have_text(["Not enough speech to tell"])
    page.go_forward()
    assert cards(page, 2) == expected_cards(recognizer, CALL)


def test_the_language_switch_changes_everything_at_once_and_keeps_the_result(page: Page) -> None:
    page.get_by_role("button", name="Music, no speech").click()
    expect(page.locator(".ser-summary")).to_have_text(["Not enough speech to tell"])
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("button", name="Auswerten")).to_be_visible()
    expect(page.locator(".ser-summary")).to_have_text(["Zu wenig Sprache für eine Aussage"])
    expect(page.locator("#ser-status")).to_contain_text("Kein Lügendetektor")
    expect(page.get_by_role("button", name="Abspielen")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    for tab in ("Eine Aufnahme", "Viele Aufnahmen", "Modell", "Klang", "Sichern"):
        expect(page.get_by_role("tab", name=tab)).to_be_visible()
    page.get_by_role("link", name="English").click()
    for tab in ("One recording", "Many recordings", "Model", "Sound", "Save"):
        expect(page.get_by_role("tab", name=tab)).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator(".ser-summary")).to_have_text(["Zu wenig Sprache für eine Aussage"])
    expect(page.get_by_role("tab", name="Viele Aufnahmen")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Auswerten")).to_be_visible()


def test_two_tabs_at_once_do_not_disturb_each_other(browser: Browser, page: Page, page_address: str) -> None:
    with visit(browser, page_address) as other:
        other.get_by_role("button", name="Weather report").click()
        page.get_by_role("button", name="Phone call, two channels").click()
        expect(page.locator(".ser-card")).to_have_count(2)
        expect(other.locator(".ser-card")).to_have_count(1)


@pytest.mark.parametrize("how", ["chosen", "dropped"])
def test_the_sound_of_a_video_is_analysed(page: Page, tmp_path: Path, how: str) -> None:
    samples, rate = soundfile.read(EXAMPLES / "sad_voice.flac", dtype="float32")
    video = tmp_path / "talk #1.mkv"
    video.write_bytes(with_av(samples[None], rate, "matroska", "aac"))
    if how == "chosen":
        upload(page, video)
    else:
        data = page.evaluate_handle(
            """([name, text]) => {
              const data = new DataTransfer(), bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
              data.items.add(new File([bytes], name, {type: "video/x-matroska"}));
              return data;
            }""",
            [video.name, b64encode(video.read_bytes()).decode()],
        )
        with page.expect_response(lambda response: "/upload?" in response.url):
            page.dispatch_event("#ser-recording input[type=file]", "drop", {"dataTransfer": data})
    analyse(page)
    expect(page.locator(".ser-card")).to_have_count(1)


@pytest.mark.parametrize("late", ["playable_copy", "sound_picture"])
def test_what_comes_late_is_never_shown_with_another_recording(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    make, goes_on = getattr(recording, late), threading.Event()

    def wait(*arguments: Any) -> Any:
        goes_on.wait(20)
        return make(*arguments)

    monkeypatch.setattr(recording, late, wait)
    samples, rate = soundfile.read(EXAMPLES / "sad_voice.flac")
    soundfile.write(tmp_path / "voice.aiff", samples, rate)  # which the browser cannot play
    upload(page, tmp_path / "voice.aiff")
    analyse(page)
    expect(page.locator(".ser-card")).to_have_count(1)
    page.get_by_role("tab", name="Sound").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Phone call, two channels").click()
    expect(page.locator(".ser-card")).to_have_count(2)
    goes_on.set()
    page.wait_for_timeout(4000)
    expect(page.locator(".ser-lane-name")).to_have_text(["Left", "Right"])
    page.get_by_role("tab", name="Sound").click()
    expect(page.locator(".ser-pictures figcaption")).to_have_count(2)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A minute, which is worked on for a while."""
    samples, rate = soundfile.read(CALL, dtype="int16")
    soundfile.write(tmp_path / "long.flac", np.tile(samples[: 50 * rate], (2, 1))[: 59 * rate], rate)
    return tmp_path / "long.flac"


def test_another_recording_is_analysed_at_once_while_the_one_before_still_is(
    page: Page, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify, goes_on = EmotionRecognizer._classify, threading.Event()

    def wait(*arguments: Any) -> None:
        goes_on.wait(20)
        classify(*arguments)

    monkeypatch.setattr(EmotionRecognizer, "_classify", wait)
    upload(page, long)
    analyse(page)
    expect(page.locator("#ser-status")).to_contain_text(" of ")  # at work
    upload(page, EXAMPLES / "sad_voice.flac")
    analyse(page)
    page.wait_for_timeout(1000)
    goes_on.set()
    expect(page.locator(".ser-card")).to_have_count(1)


def test_what_the_browser_cannot_play_is_played_from_a_copy(page: Page, tmp_path: Path) -> None:
    samples, rate = soundfile.read(EXAMPLES / "sad_voice.flac")
    soundfile.write(tmp_path / "voice.aiff", samples, rate)
    upload(page, tmp_path / "voice.aiff")
    analyse(page)
    with page.expect_response(re.compile(r"playable/.*voice\.aiff\.flac")):
        expect(page.locator(".ser-wave [part~=block]").first).to_be_visible()
    page.locator(".ser-play").click()
    page.wait_for_function("() => document.querySelector('.ser-now').innerText !== '0:00'")


def test_what_is_shown_outlives_a_broken_connection(browser: Browser, page_address: str) -> None:
    page = browser.new_page(viewport=PHONE)  # not by `visit`: Gradio complains of the broken connection
    page.goto(page_address)
    open_example(page)
    cards(page, 2)
    page.evaluate("window.isTheSame = true")
    page.route(re.compile("/queue/data"), lambda route: route.abort())
    analyse(page)
    notice = page.locator("#ser-cut-off")
    expect(notice).to_contain_text("The connection to the server broke")  # seconds later, when it answers again
    page.wait_for_timeout(2500)  # in which Gradio asks once more
    assert page.evaluate("window.isTheSame")
    cards(page, 2)
    assert findings(page) == []
    page.unroute(re.compile("/queue/data"))
    notice.get_by_role("button").click()
    page.wait_for_function("!window.isTheSame")
    expect(page.locator("#ser-analyse")).to_be_visible()
    expect(notice).to_be_hidden()
    page.close()


def test_work_can_be_stopped_and_a_closed_tab_stops_it(
    browser: Browser, page: Page, page_address: str, long: Path
) -> None:
    upload(page, long)
    analyse(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert").filter(has_text="Stopped")).to_be_visible()
    # What is chosen meanwhile gets its own result, and never that of the recording before.
    analyse(page)
    page.get_by_role("button", name="Weather report").click()
    expect(page.locator(".ser-card")).to_have_count(1)
    page.wait_for_timeout(3000)
    expect(page.locator(".ser-card")).to_have_count(1)
    upload(page, long)
    expect(page.locator(".ser-card")).to_have_count(0)
    analyse(page)
    page.locator("#ser-recording").get_by_role("button", name="Clear").click()
    page.wait_for_timeout(6000)
    expect(page.locator(".ser-card")).to_have_count(0)
    with visit(browser, page_address) as closed:
        upload(closed, long)
        analyse(closed)
    page.get_by_role("button", name="Weather report").click()
    expect(page.locator(".ser-card")).to_have_count(1)
