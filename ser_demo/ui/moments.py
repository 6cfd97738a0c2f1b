"""How the mood moved: shares of time per emotion, the strongest moments, and everything as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ser_demo.result import Channel, Result
from ser_demo.ui.blocks import Block, blocks_of
from ser_demo.ui.palette import colour_of
from ser_demo.ui.player import JOINED_GAP
from ser_demo.ui.wording import clock, emotion_name, length, percent
from ser_demo.ui.words import Language, say

CALM = ("neutral", "calm")  # no moments that anyone looks for
MOST_MOMENTS = 6
MOST_ROWS = 2000  # of the table, an hour of two channels; of a longer recording neighbours are joined
NARROWEST_LABEL = 0.12  # share of time from which its name fits into the bar


@dataclass(frozen=True)
class Moment:
    """A window in which an emotion stands out."""

    channel: int
    start: float
    end: float
    emotion: str
    probability: float


def shares(channel: Channel) -> dict[str, float]:
    """Share of the channel's segments' time in which each emotion is the most probable; the largest first."""
    seconds: dict[str, float] = {}
    for segment in channel.segments:
        emotion = next(iter(segment.scores))
        seconds[emotion] = seconds.get(emotion, 0.0) + segment.end - segment.start
    whole = sum(seconds.values())
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return {emotion: spent / whole for emotion, spent in ordered} if whole else {}


def strongest(result: Result) -> list[Moment]:
    """The windows with the most probable emotions other than neutral and calm, in the order of time."""
    found = sorted(_moments(result), key=lambda moment: -moment.probability)[:MOST_MOMENTS]
    return sorted(found, key=lambda moment: (moment.start, moment.channel))


def _moments(result: Result) -> Iterator[Moment]:
    for channel in result.channels:
        for segment in channel.segments:
            emotion, probability = next(iter(segment.scores.items()))
            if emotion not in CALM:
                yield Moment(channel.channel_number, segment.start, segment.end, emotion, probability)


def mood_html(result: Result, names: list[str], language: Language) -> str:
    """Shares of time as bars, the moments as a list whose entries play, and the table to unfold."""
    bars = "".join(_bar(channel, names, language) for channel in result.channels)
    return (
        f'<section class="ser-mood" aria-label="{say(language, "mood")}">'
        f"<div><h3>{say(language, 'shares')}</h3>{bars}</div>"
        f"<div><h3>{say(language, 'moments')}</h3>{moments_html(result, names, language)}</div></section>"
        f"{table_html(result, names, language)}"
    )


def _bar(channel: Channel, names: list[str], language: Language) -> str:
    name = escape(names[channel.channel_number])
    parts = shares(channel)
    if not parts:
        return f'<p class="ser-share-name">{name}</p><p class="ser-quiet">{say(language, "summary.none")}</p>'
    drawn = "".join(
        f'<span style="flex:{share:.4f};background:{colour_of(emotion).fill};color:{colour_of(emotion).text}">'
        f"{escape(emotion_name(emotion, language)) if share >= NARROWEST_LABEL else ''}</span>"
        for emotion, share in parts.items()
    )
    told = ", ".join(f"{escape(emotion_name(e, language))} {percent(share, language)}" for e, share in parts.items())
    return (
        f'<p class="ser-share-name">{name}</p><div class="ser-share" aria-hidden="true">{drawn}</div>'
        f'<p class="ser-quiet">{told}</p>'
    )


def moments_html(result: Result, names: list[str], language: Language) -> str:
    """The strongest moments as buttons that play from there."""
    moments = strongest(result)
    if not moments:
        return f'<p class="ser-quiet">{say(language, "moments.none")}</p>'
    items = "".join(
        f'<li><button type="button" data-play-from="{moment.start:.2f}">'
        f'<span class="ser-swatch" style="background:{colour_of(moment.emotion).fill}"></span>'
        f'<span class="ser-time">{clock(moment.start)}</span> {escape(names[moment.channel])}: '
        f"{escape(emotion_name(moment.emotion, language))} ({percent(moment.probability, language)})</button></li>"
        for moment in moments
    )
    return f'<ul class="ser-moments">{items}</ul>'


def table_html(result: Result, names: list[str], language: Language) -> str:
    """The time line as a table to unfold, for whoever does not see or point; empty where nothing was found."""
    share = MOST_ROWS // max(len(result.channels), 1)
    rows = [(c, blocks_of(c.segments, JOINED_GAP, share)) for c in result.channels if c.segments]
    body = "".join(_row(names[channel.channel_number], block, language) for channel, blocks in rows for block in blocks)
    if not body:
        return ""
    titles = (say(language, f"column.{column}") for column in ("channel", "from", "to", "emotion", "probability"))
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        f'<details class="ser-table"><summary>{say(language, "timeline.table")}</summary>'
        f'<div tabindex="0" role="group" aria-label="{say(language, "timeline.table")}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _row(name: str, block: Block, language: Language) -> str:
    spoken = length(block.end - block.start, language)
    return (
        f'<tr><td>{escape(name)}</td><td><button type="button" data-play-from="{block.start:.2f}" title="{spoken}">'
        f"{clock(block.start)}</button></td><td>{clock(block.end)}</td>"
        f"<td>{escape(emotion_name(block.emotion, language))}</td><td>{percent(block.probability, language)}</td></tr>"
    )
