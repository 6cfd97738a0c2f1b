"""The tab "Live" without a browser: what its script asks, and what the server draws."""

import json
import re
from base64 import b64encode
from html import unescape
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio.utils import get_upload_folder
from recordings import at_16_khz

from ser_demo import EmotionRecognizer, Segment
from ser_demo.live import Moment
from ser_demo.models import Models
from ser_demo.settings import Limits, Settings
from ser_demo.speech import SAMPLE_RATE
from ser_demo.ui.listeners import LONGEST, Listeners
from ser_demo.ui.live import _kept, _server_functions, longest_live
from ser_demo.ui.live_view import BUTTONS, SPAN, STATES, live_html, moment_html
from ser_demo.ui.palette import colour_of

SCRIPT = (Path(__file__).parent.parent / "ser_demo/ui/static/live.js").read_text()
OWN = "ser-demo-whisper"
LABELS = ["angry", "neutral", "sad"]


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u00a0", " ").split())


def as_text(samples: np.ndarray) -> str:
    return b64encode((samples * 2**15).astype("<i2").tobytes()).decode()


@pytest.fixture
def server(recognizer: EmotionRecognizer) -> dict:
    functions = _server_functions(Listeners(most=2), Models(Settings(), recognizer))
    return {function.__name__: function for function in functions}


def test_a_visit_is_heard_from_beginning_to_end(server: dict, recognizer: EmotionRecognizer) -> None:
    _, customer = at_16_khz("call_two_channels.flac")
    answer = server["listen"]({"model": OWN, "rate": SAMPLE_RATE, "language": "en"})
    ticket = answer["ticket"]
    assert "No speech" in plain(answer["now"]) and "<span role" not in answer["line"]
    is_speech = []
    for i in range(0, len(customer), 2 * SAMPLE_RATE):
        samples = as_text(customer[i : i + 2 * SAMPLE_RATE])
        answer = server["hear"]({"model": OWN, "ticket": ticket, "samples": samples, "language": "de"})
        is_speech.append(answer["is_speech"])
    assert is_speech == sorted(is_speech) and is_speech[-1] and not is_speech[0]
    assert "überwiegend" in plain(answer["now"]).lower() or "vielleicht" in plain(answer["now"]).lower()
    last = server["finish"]({"model": OWN, "ticket": ticket, "language": "en"})
    (channel,) = recognizer.recognize((customer, SAMPLE_RATE)).channels
    drawn = last["line"].count('role="listitem"')
    assert 1 <= drawn <= len(channel.segments)
    assert "has ended" in server["hear"]({"model": OWN, "ticket": ticket, "samples": ""})["error"]["en"]


def test_what_no_page_of_ours_sends_is_refused_in_a_sentence(server: dict) -> None:
    ticket = server["listen"]({"model": OWN, "rate": SAMPLE_RATE})["ticket"]
    odd = [
        "listen",
        ["x"],
        {},
        {"model": OWN, "rate": "many"},
        {"model": OWN, "rate": None},
        {"model": OWN, "rate": 10},
        {"model": OWN, "rate": float("inf")},
        {"model": "x", "rate": SAMPLE_RATE},
    ]
    assert all(set(server["listen"](data)) == {"error"} for data in odd)
    for samples in ("not base64!", "AAA", "AA==", "A" * 12_000_000, 5, None):
        assert set(server["hear"]({"model": OWN, "ticket": ticket, "samples": samples})) == {"error"}
    assert set(server["hear"]({"model": OWN, "ticket": ["guess"], "samples": ""})) == {"error"}
    assert "line" in server["hear"]({"model": OWN, "ticket": ticket, "samples": ""})


def test_a_moment_that_no_recording_can_have_is_refused(server: dict) -> None:
    """One of thirty years would be drawn with a time every five minutes, and fill the memory."""
    segment = {"start": 1.0, "end": 2.0, "scores": {"sad": 1.0}}
    moment = {"seconds": 3.0, "scores": {"sad": 1.0}, "segments": [segment], "is_uncertain": False}
    assert 'role="listitem"' in server["translate"]({"model": OWN, "moment": moment})["line"]
    for seconds in (1e9, float("inf"), float("nan"), -1.0, "long", None):
        assert set(server["translate"]({"model": OWN, "moment": {**moment, "seconds": seconds}})) == {"error"}
    for odd in ({"start": -1.0}, {"end": 1e9}, {"start": 3.0}, {"start": "soon"}):
        segments = [{**segment, **odd}]
        assert set(server["translate"]({"model": OWN, "moment": {**moment, "segments": segments}})) == {"error"}
    assert (
        "not what the page sends"
        in server["translate"]({"model": OWN, "moment": {**moment, "scores": [1]}})["error"]["en"]
    )


def test_too_many_listeners_are_told_so_in_every_language(server: dict) -> None:
    for _ in range(2):
        server["listen"]({"model": OWN, "rate": SAMPLE_RATE})
    told = server["listen"]({"model": OWN, "rate": SAMPLE_RATE})["error"]
    assert told["de"].startswith("Gerade hören zu viele zu") and told["en"].startswith("Too many people are listening")


def test_only_an_upload_can_be_kept() -> None:
    own = get_upload_folder()
    for path in ("/etc/passwd", f"{own}/../../etc/passwd", own, f"{own}/\0", f"{own}/{'a' * 300}", None):
        with pytest.raises(gr.Error, match="could not be sent"):
            _kept(None, gr.EventData(None, {"path": path}))


def test_a_live_recording_is_never_longer_than_what_can_be_kept() -> None:
    assert longest_live(Limits()) == LONGEST
    assert longest_live(Limits(max_seconds=60)) == 60
    assert longest_live(Limits(max_seconds=10.6)) == 10
    assert longest_live(Limits(max_bytes=960_000)) == 10


def test_the_frame_has_what_the_script_looks_for() -> None:
    frame = live_html(900, "de")
    words = json.loads(unescape(re.search(r'data-words="(.*?)"', frame).group(1)))
    assert set(words) == set(STATES) and "15 min" in words["full"].replace("\u00a0", " ")
    said = re.findall(r'become\(\S+ "(\w+)"', SCRIPT) + re.findall(r'stop\("(\w+)"', SCRIPT)
    assert len(said) > 10 and set(said) <= set(STATES)
    for name in {*BUTTONS, "state", "clock", "level", "now", "line"}:
        assert frame.count(f'data-live="{name}"') == 1


def test_the_last_minute_runs_along_and_the_end_shows_all() -> None:
    segments = (Segment(5, 8, {"sad": 0.9}), Segment(70, 76, {"angry": 0.8}))
    moment = Moment(90.0, {"angry": 0.6, "sad": 0.4}, segments)
    now = moment_html(moment, LABELS, False, "en")
    (block,) = re.findall(r'<span role="listitem"[^>]*>[^<]*</span>', now["line"])
    assert f"left:{(70 - 30) / SPAN:.2%}" in block and "width:10.00%" in block
    assert colour_of("angry").fill in block and block.endswith(">angry</span>")
    assert plain(now["line"]) == "angry 0:30 0:40 0:50 1:00 1:10 1:20"
    assert "Mostly angry (60 %)" in plain(now["now"])
    whole = moment_html(moment, LABELS, True, "en")
    assert whole["line"].count('role="listitem"') == 2 and "0:00" in whole["line"]


def test_an_uncertain_moment_is_said_to_be_so() -> None:
    moment = Moment(5.0, {"angry": 0.6, "sad": 0.4}, (Segment(0, 5, {"angry": 0.6, "sad": 0.4}),), is_uncertain=True)
    assert "Too uncertain to tell, perhaps angry (60 %)" in plain(moment_html(moment, LABELS, False, "en")["now"])


def test_emotions_keep_their_places() -> None:
    def order(scores: dict) -> list[str]:
        return re.findall(
            r'<th scope="row">(.*?)</th>', moment_html(Moment(1.0, scores, ()), LABELS, False, "en")["now"]
        )

    assert order({"sad": 0.9, "angry": 0.1}) == order({}) == ["neutral", "sad", "angry"]


def test_hostile_labels_are_shown_as_text() -> None:
    hostile = "<img src=x>"
    moment = Moment(5.0, {hostile: 1.0}, (Segment(0, 5, {hostile: 1.0}),))
    assert "<img" not in "".join(moment_html(moment, [hostile], True, "en").values())
