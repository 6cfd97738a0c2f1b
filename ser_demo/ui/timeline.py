"""All channels over time, as HTML: a row per channel, a coloured and labelled block per stretch of speech.

The drawing has a width in pixels below which it scrolls sideways; above it, everything grows in proportion.
The browser shortens a name that does not fit its block.
"""

from html import escape

from ser_demo.result import Channel, Result
from ser_demo.ui.blocks import Block, blocks_of
from ser_demo.ui.palette import colour_of
from ser_demo.ui.wording import channel_name, clock, percent

PIXELS_PER_SECOND = 18
NARROWEST, WIDEST = 300, 3000  # pixels of the drawing before it scrolls
NARROWEST_LABEL = 24  # pixels; three letters, below that a block is named by its title only
TICK_GAP = 56  # pixels between two times on the axis, at least
TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds
SMALLEST_GAP = 1.0  # seconds; a pause in speech, not a change of speaker
MOST_BLOCKS = 1200  # in all rows together


def timeline_html(result: Result) -> str:
    """The time line of a result, with the same content as a table to unfold."""
    count = len(result.channels)
    ends = [segment.end for channel in result.channels for segment in channel.segments]
    duration = max([result.audio.duration, *ends, 0.1])
    width = min(max(duration * PIXELS_PER_SECOND, NARROWEST), WIDEST)
    scale = width / duration
    gap = max(SMALLEST_GAP, 3 / scale)
    rows = [(channel, blocks_of(channel.segments, gap, MOST_BLOCKS // count)) for channel in result.channels]
    names = "".join(f'<div class="ser-name">{channel_name(c.channel_number, count)}</div>' for c, _ in rows)
    lanes = "".join(_lane(channel, blocks, count, duration, scale) for channel, blocks in rows)
    return (
        '<section class="ser-timeline" aria-label="Time line"><h2>Over time</h2><div class="ser-frame">'
        f'<div class="ser-names" aria-hidden="true">{names}</div>'
        '<div class="ser-scroll" tabindex="0" role="group" aria-label="Time line, scrolls sideways">'
        f'<div class="ser-canvas" style="min-width:{width:.0f}px">{lanes}{_axis(duration, scale)}</div>'
        f"</div></div>{_table(rows, count)}</section>"
    )


def _lane(channel: Channel, blocks: list[Block], count: int, duration: float, scale: float) -> str:
    name = channel_name(channel.channel_number, count)
    if not blocks:
        note = f"{name}: not enough speech to tell"
        return f'<div class="ser-lane"><span class="ser-quiet ser-none">{note}</span></div>'
    drawn = "".join(_block(block, duration, scale) for block in blocks)
    return f'<div class="ser-lane" role="list" aria-label="{name}">{drawn}</div>'


def _block(block: Block, duration: float, scale: float) -> str:
    colour = colour_of(block.emotion)
    left, width = block.start / duration, (block.end - block.start) / duration
    times = f"{clock(block.start)} to {clock(block.end)}"
    title = escape(f"{times}: {block.emotion} ({percent(block.probability)})")
    label = block.emotion if (block.end - block.start) * scale >= NARROWEST_LABEL else ""
    style = f"left:{left:.3%};width:{width:.3%};background:{colour.fill};color:{colour.text}"
    return f'<span role="listitem" class="ser-block" title="{title}" style="{style}">{escape(label)}</span>'


def _axis(duration: float, scale: float) -> str:
    step = next((step for step in TICK_STEPS if step * scale >= TICK_GAP), TICK_STEPS[-1])
    # A time right at the end would be cut off by the drawing's edge.
    times = [time for time in range(0, int(duration) + 1, step) if (duration - time) * scale >= TICK_GAP / 2]
    ticks = "".join(f'<span style="left:{time / duration:.3%}">{clock(time)}</span>' for time in times)
    return f'<div class="ser-axis" aria-hidden="true">{ticks}</div>'


def _table(rows: list[tuple[Channel, list[Block]]], count: int) -> str:
    body = "".join(
        f"<tr><td>{channel_name(channel.channel_number, count)}</td><td>{clock(block.start)}</td>"
        f"<td>{clock(block.end)}</td><td>{escape(block.emotion)}</td><td>{percent(block.probability)}</td></tr>"
        for channel, blocks in rows
        for block in blocks
    )
    if not body:
        return ""
    titles = ("Channel", "From", "To", "Emotion", "Probability")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        '<details class="ser-table"><summary>Time line as a table</summary>'
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )
