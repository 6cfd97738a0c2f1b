"""The tab "Live": layout and wiring.

The script `static/live.js` has the microphone and keeps the recording; it sends chunks to the functions below, one
after the other, and shows what they answer. They are called past the queue, where chunks would wait behind recordings.
"""

import logging
from base64 import b64decode
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from ser_demo.errors import SerError
from ser_demo.live import HIGHEST_RATE, Moment
from ser_demo.models import Models
from ser_demo.result import Segment
from ser_demo.settings import Limits
from ser_demo.ui.language import label, language_of
from ser_demo.ui.listeners import LONGEST, Listeners
from ser_demo.ui.live_view import moment_html
from ser_demo.ui.messages import error_texts, message
from ser_demo.ui.uploads import uploaded_file
from ser_demo.ui.words import LANGUAGES, Language, say, say_in_each

# What the script waits for after a recording was kept.
KEPT = """() => {
  dispatchEvent(new Event("ser-live-kept"));
  serAddress("example", null);
  document.getElementById("ser-analyse").click();
}"""
FAILED = "() => dispatchEvent(new Event('ser-live-failed'))"
SCRIPT = Path(__file__).parent / "static" / "live.js"
LONGEST_CHUNK = 20  # seconds; a browser that could not send for a while sends more at once
BYTES_PER_SECOND = 2 * 48_000  # of what most microphones give, as 16-bit WAV

log = logging.getLogger(__name__)

Answer = dict[str, Any]


def longest_live(limits: Limits) -> float:
    """Seconds that a live recording may last, so that it can be kept."""
    longest = min(LONGEST, limits.max_seconds, limits.max_bytes / BYTES_PER_SECOND)
    return float(int(longest) or longest)  # as it is told: rounded up, what was recorded would be refused


def build_live_tab(models: Models, limits: Limits, recording: gr.Audio, tabs: gr.Tabs) -> gr.HTML:
    """Everything inside the tab; returns what listens, by the model that its property `model` names.

    Args:
        models: what may listen.
        limits: bound a recording that is kept.
        recording: where a recording that is kept goes on as any other.
        tabs: the page's tabs.
    """
    listeners = Listeners(longest_live(limits))
    live = gr.HTML(
        label("html.live"),
        elem_id="ser-live",
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        server_functions=_server_functions(listeners, models),
        model=models.names[0],
    )
    kept = live.keep(_kept, None, [recording, tabs], api_visibility="private", show_progress="hidden")
    for event, said in ((kept.success, KEPT), (kept.failure, FAILED)):
        event(None, None, None, js=said, api_visibility="private")
    return live


def _server_functions(listeners: Listeners, models: Models) -> list[Callable[[Any], Answer]]:
    """What the script calls; each takes one object, and answers `{"error": {language: text}}` where it cannot do so."""

    def show(data: Any, moment: Moment, is_over: bool, language: Language) -> Answer:
        labels = models.recognizer(data["model"]).labels
        return {"is_speech": bool(moment.segments), **moment_html(moment, labels, is_over, language)}

    def listen(data: Any) -> Answer:
        """Begins: `{"model": name, "rate": Hz}` to a ticket."""

        def begin(language: Language) -> Answer:
            ticket = listeners.open(models.recognizer(data["model"]), int(data["rate"]))
            return {"ticket": ticket, **show(data, Moment(0.0, {}, ()), False, language)}

        return _answer(data, begin)

    def hear(data: Any) -> Answer:
        """Goes on: `{"model", "ticket", "samples": 16-bit little-endian samples as base64}` to what is known now."""
        return _answer(
            data, lambda language: show(data, listeners.hear(data["ticket"], _samples(data)), False, language)
        )

    def finish(data: Any) -> Answer:
        """Ends: `{"model", "ticket"}` to what is known in the end, also as the `moment` that `translate` takes."""

        def end(language: Language) -> Answer:
            moment = listeners.close(data["ticket"])
            return {"moment": asdict(moment), **show(data, moment, True, language)}

        return _answer(data, end)

    def translate(data: Any) -> Answer:
        """Shows what was known in the end once more: `{"model", "moment"}` to the same in another language."""
        return _answer(data, lambda language: show(data, _moment(data), True, language))

    return [listen, hear, finish, translate]


def _answer(data: Any, work: Callable[[Language], Answer]) -> Answer:
    wanted = data.get("language") if isinstance(data, dict) else None
    language = wanted if wanted in LANGUAGES else LANGUAGES[0]
    try:
        return work(language)
    except SerError as error:
        return {"error": error_texts(error)}
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return {"error": {LANGUAGES[0]: "this is not what the page sends"}}  # no browser of ours asked
    except Exception:
        log.exception("a chunk of a live recording could not be analysed")
        return {"error": say_in_each("apology")}


def _samples(data: dict[str, Any]) -> np.ndarray:
    """(n,) float32 in [-1, 1]; ValueError where it is not what the script sends."""
    text = data["samples"]
    if len(text) > LONGEST_CHUNK * HIGHEST_RATE * 2 * 4 // 3:
        raise ValueError("too long for one chunk")
    return np.frombuffer(b64decode(text, validate=True), "<i2").astype(np.float32) / 2**15


def _moment(data: dict[str, Any]) -> Moment:
    """What `finish` told the script and forgot; ValueError where it is nothing that `finish` tells.

    Who drew a moment of years would fill the memory.
    """
    moment = data["moment"]
    segments = tuple(Segment(part["start"], part["end"], part["scores"]) for part in moment["segments"])
    times = [0.0, *(time for segment in segments for time in (segment.start, segment.end)), LONGEST]
    if times != sorted(times) or not 0 <= moment["seconds"] <= LONGEST:
        raise ValueError("no live recording is like that")
    return Moment(moment["seconds"], moment["scores"], segments, moment["is_uncertain"])


def _kept(request: gr.Request, event: gr.EventData) -> tuple[str, gr.Tabs]:
    """A recording that was kept, from where the script has uploaded it to where recordings are analysed."""
    file = uploaded_file(event.path)
    if file is None:
        raise message(say(language_of(request), "live.failed"))
    return str(file), gr.Tabs(selected="recording")
