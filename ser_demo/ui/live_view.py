"""What the tab "Live" shows: its frame, the emotion of the last seconds, and the time line that runs along."""

import json
from html import escape

from ser_demo.labels import in_order
from ser_demo.live import RECENT, Moment
from ser_demo.ui.blocks import Block, blocks_of
from ser_demo.ui.card import bars_html
from ser_demo.ui.palette import colour_of
from ser_demo.ui.wording import capital, clock, emotion_name, length, percent, uncertain_verdict, verdict
from ser_demo.ui.words import Language, say

SPAN = 60.0  # seconds that the time line shows while it runs
TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300)  # seconds between two times on its axis
MOST_TICKS = 7
LAST_TICK = 0.94  # of the time line, beyond which a time would be cut off
MOST_BLOCKS = 300
LONGEST_GAP = 1.0  # seconds between segments of one block
NARROWEST_LABEL = 0.04  # of the time line, below which a block is named by its title only

STATES = (
    "idle", "asking", "listening", "waiting", "silent", "slow", "paused", "stopped", "full", "keeping", "kept",
    "discarded", "refused", "missing", "taken", "insecure", "unplugged", "lost", "failed",
)  # fmt: skip
BUTTONS = ("start", "pause", "resume", "stop", "keep", "discard")


def live_html(longest: float, language: Language) -> str:
    """The frame, which `static/live.js` fills: buttons, clock, level, state, and room for what `moment_html` draws.

    Args:
        longest: seconds of a recording.
    """
    words = {state: say(language, f"live.{state}", longest=length(longest, language)) for state in STATES}
    buttons = "".join(
        f'<button type="button" data-live="{name}" {"" if name == "start" else "hidden"}>'
        f"{say(language, f'live.{name}')}</button>"
        for name in BUTTONS
    )
    return (
        f'<section class="ser-live" aria-label="{say(language, "live.title")}" data-longest="{longest:.0f}" '
        f'data-words="{escape(json.dumps(words))}">'
        f'<div class="ser-live-bar">{buttons}<span class="ser-live-clock" data-live="clock">{clock(0)}</span>'
        f'<div class="ser-live-level" role="meter" aria-label="{say(language, "live.level")}" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="0" data-live="level"><div></div></div></div>'
        f'<p class="ser-live-state" role="status" data-live="state">{words["idle"]}</p>'
        '<div data-live="now" hidden></div><div data-live="line" hidden></div></section>'
    )


def moment_html(moment: Moment, labels: list[str], is_over: bool, language: Language) -> dict[str, str]:
    """The two parts that change, by the names that the frame has for them.

    Args:
        labels: all emotions that the model tells apart; each keeps its place, so that nothing jumps.
        is_over: the time line shows the whole recording, not its last minute.
    """
    end = moment.seconds if is_over else max(moment.seconds, SPAN)
    span = max(end, 0.1) if is_over else SPAN
    return {"now": _now(moment, labels, language), "line": _line(moment, end - span, span, language)}


def _now(moment: Moment, labels: list[str], language: Language) -> str:
    say_verdict = uncertain_verdict if moment.is_uncertain else verdict
    sentence = say_verdict(moment.scores, language) if moment.scores else say(language, "live.nothing")
    is_empty = "" if moment.scores else " ser-live-nothing"
    every = {label: moment.scores.get(label, 0.0) for label in in_order(labels)}
    return (
        f'<section class="ser-card{is_empty}"><h3>{say(language, "live.now", seconds=f"{RECENT:.0f}")}</h3>'
        f'<p class="ser-summary">{escape(capital(sentence))}</p>{bars_html(every, language)}</section>'
    )


def _line(moment: Moment, start: float, span: float, language: Language) -> str:
    """The time line from `start` on, for `span` seconds."""
    blocks = blocks_of(moment.segments, LONGEST_GAP, MOST_BLOCKS) if moment.segments else []
    drawn = "".join(_block(block, start, span, language) for block in blocks if block.end > start)
    step = next((step for step in TICK_STEPS if span / step <= MOST_TICKS), TICK_STEPS[-1])
    times = range(-(-int(start) // step) * step, int(start + LAST_TICK * span) + 1, step)
    ticks = "".join(
        f'<span style="left:{(time - start) / span:.2%}">{clock(time)}</span>' for time in times if time >= start
    )
    return (
        f'<div class="ser-live-lane" role="list" aria-label="{say(language, "live.line")}">{drawn}'
        f'<i style="left:{min(1.0, (moment.seconds - start) / span):.2%}"></i></div>'
        f'<div class="ser-live-axis" aria-hidden="true">{ticks}</div>'
    )


def _block(block: Block, start: float, span: float, language: Language) -> str:
    colour, name = colour_of(block.emotion), emotion_name(block.emotion, language)
    left = max(0.0, (block.start - start) / span)
    width = (block.end - start) / span - left
    values = {"start": clock(block.start), "end": clock(block.end), "percent": percent(block.probability, language)}
    title = escape(say(language, "live.block", emotion=name, **values))
    style = f"left:{left:.2%};width:{width:.2%};background:{colour.fill};color:{colour.text}"
    label = escape(name) if width >= NARROWEST_LABEL else ""
    return f'<span role="listitem" title="{title}" style="{style}">{label}</span>'
