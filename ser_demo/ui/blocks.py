"""Segments joined into blocks that can be drawn: few enough for a browser, however long the recording."""

from collections.abc import Sequence
from dataclasses import dataclass

from ser_demo.result import Scores, Segment, mean_scores


@dataclass(frozen=True)
class Block:
    """A stretch of a channel, in seconds, in which one emotion is the most probable."""

    start: float
    end: float
    emotion: str
    probability: float
    """Mean over the block's seconds."""


def blocks_of(segments: Sequence[Segment], longest_gap: float, most: int) -> list[Block]:
    """At most `most` blocks that show `segments` in time order.

    Neighbours with equal emotion and at most `longest_gap` seconds between them become one block. Where that
    leaves more than `most`, time is cut into `most` equal steps, each showing what is the most probable.
    """
    blocks = _join(segments, longest_gap)
    if len(blocks) <= most:
        return blocks
    # A step is whole, so blocks of neighbouring steps touch.
    return _join(_in_steps(segments, most), 1e-6)


def _join(segments: Sequence[Segment], longest_gap: float) -> list[Block]:
    blocks: list[Block] = []
    for segment in segments:
        emotion, probability = next(iter(segment.scores.items()))
        last = blocks[-1] if blocks else None
        if last and last.emotion == emotion and segment.start - last.end <= longest_gap:
            seconds, more = last.end - last.start, segment.end - segment.start
            probability = (last.probability * seconds + probability * more) / (seconds + more)
            blocks[-1] = Block(last.start, segment.end, emotion, probability)
        else:
            blocks.append(Block(segment.start, segment.end, emotion, probability))
    return blocks


def _in_steps(segments: Sequence[Segment], steps: int) -> list[Segment]:
    """The segments' mean scores in equal steps of time; steps without speech are left out."""
    first = segments[0].start
    step = (max(segment.end for segment in segments) - first) / steps
    parts: list[list[tuple[Scores, float]]] = [[] for _ in range(steps)]
    for segment in segments:
        last_step = min(int((segment.end - first) / step), steps - 1)
        for number in range(int((segment.start - first) / step), last_step + 1):
            start, end = first + number * step, first + (number + 1) * step
            overlap = min(segment.end, end) - max(segment.start, start)
            if overlap > 0:
                parts[number].append((segment.scores, overlap))
    return [
        Segment(first + number * step, first + (number + 1) * step, mean_scores(part))
        for number, part in enumerate(parts)
        if part
    ]
