"""A report on one recording as a page of its own, to send to a colleague: it needs no server and no internet."""

import re
from html import escape

from markupsafe import Markup

from ser_demo.reports.page import render_page
from ser_demo.result import Channel, Result
from ser_demo.ui.about import points_html
from ser_demo.ui.card import card_html
from ser_demo.ui.moments import mood_html
from ser_demo.ui.palette import colour_of
from ser_demo.ui.player import recording_length, told
from ser_demo.ui.sound import LOUDEST, SPEECH, Sound
from ser_demo.ui.wording import clock, emotion_name, length
from ser_demo.ui.words import Language, say

WIDTH, WAVE, STRIP = 1000, 48, 20  # units of a channel's drawing: its width, and the heights of its two parts
MOST_BARS = 500  # of a waveform
PLAYING = re.compile(r"<button[^>]*data-play-from[^>]*>(.*?)</button>")  # which a file cannot
UNFOLDED = ("<details", "<details open")
AXIS = 18  # units: the height of the times below them
AXIS_STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds between two times
ROOM_FOR_A_TIME = 100  # units: twice as wide as one, which may stand on either side of its notch
LETTER = 8  # units; narrower labels are left to the table


def report_html(result: Result, sound: Sound, names: list[str], language: Language) -> str:
    """The page: sentences and probabilities, the time line as a drawing, moments, table, and the note."""
    lanes = [
        lane_svg(channel, levels, result, name, language)
        for channel, levels, name in zip(result.channels, sound.waveform, names, strict=True)
    ]
    keys = ("report.title", "report.file", "report.length", "report.model", "timeline", "about.title")
    return render_page(
        "ser_demo.ui.exports",
        {
            "language": language,
            "say": {key: say(language, key) for key in keys},
            "file": sound.file,
            "length": length(result.audio.duration, language),
            "model": f"{result.model.name} {result.model.version}",
            "cards": Markup("".join(card_html(channel, names, language) for channel in result.channels)),
            "drawing": Markup("".join([*lanes, axis_svg(recording_length(result))])),
            "mood": Markup(PLAYING.sub(r"<span>\1</span>", mood_html(result, names, language)).replace(*UNFOLDED)),
            "points": Markup(points_html(language)),
        },
    )


def lane_svg(channel: Channel, waveform: bytes, result: Result, name: str, language: Language) -> str:
    """One channel's waveform, and below it the emotion of each segment as colour and label."""
    duration = recording_length(result)
    blocks = "".join(
        f"<g><title>{clock(segment.start)} {escape(told(segment.scores, language))}</title>"
        f'<rect x="{WIDTH * segment.start / duration:.1f}" y="{WAVE}" height="{STRIP}" rx="2" '
        f'width="{WIDTH * (segment.end - segment.start) / duration:.1f}" fill="{colour_of(emotion).fill}"/>'
        f"{_label(segment.start, segment.end, emotion, duration, language)}</g>"
        for segment in channel.segments
        for emotion in [next(iter(segment.scores))]
    )
    return (
        f'<figure><figcaption>{escape(name)}</figcaption><svg viewBox="0 0 {WIDTH} {WAVE + STRIP}" role="img" '
        f'aria-label="{escape(name)}">{_bars(waveform)}{blocks}</svg></figure>'
    )


def axis_svg(duration: float) -> str:
    """The times below the lanes of a recording of `duration` seconds; none is cut at the right edge."""
    step = next((s for s in AXIS_STEPS if WIDTH * s / duration >= ROOM_FOR_A_TIME), AXIS_STEPS[-1])
    notches = []
    for seconds in range(0, int(duration) + 1, step):
        x = WIDTH * seconds / duration
        fits = x + ROOM_FOR_A_TIME / 2 <= WIDTH
        notches.append(
            f'<path d="M{min(x + 0.5, WIDTH - 0.5):.1f} 0v{AXIS}" stroke="currentColor"/>'
            f'<text x="{x + 4 if fits else x - 4:.1f}" y="{AXIS - 3}" font-size="12" fill="currentColor" '
            f'text-anchor="{"start" if fits else "end"}">{clock(seconds)}</text>'
        )
    return f'<svg class="axis" viewBox="0 0 {WIDTH} {AXIS}" aria-hidden="true">{"".join(notches)}</svg>'


def _label(start: float, end: float, emotion: str, duration: float, language: Language) -> str:
    name = emotion_name(emotion, language)
    if WIDTH * (end - start) / duration < LETTER * len(name):
        return ""
    middle = WIDTH * (start + end) / 2 / duration
    return (
        f'<text x="{middle:.1f}" y="{WAVE + STRIP - 6}" font-size="12" text-anchor="middle" '
        f'fill="{colour_of(emotion).text}">{escape(name)}</text>'
    )


def _bars(waveform: bytes) -> str:
    """The waveform as two paths, with speech and without."""
    step = max(1, len(waveform) / MOST_BARS)
    paths: dict[bool, list[str]] = {True: [], False: []}
    for number in range(int(len(waveform) / step)):
        part = waveform[int(number * step) : max(int((number + 1) * step), int(number * step) + 1)]
        half = max(level % SPEECH for level in part) / LOUDEST * (WAVE / 2 - 2) + 0.5
        x = WIDTH * number * step / len(waveform)
        paths[any(level >= SPEECH for level in part)].append(f"M{x:.1f} {WAVE / 2 - half:.1f}v{2 * half:.1f}")
    drawn = {speech: "".join(parts) for speech, parts in paths.items()}
    return "".join(
        f'<path d="{path}" stroke="currentColor" stroke-width="1.4" opacity="{0.8 if speech else 0.3}"/>'
        for speech, path in drawn.items()
    )
