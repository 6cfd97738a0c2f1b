"""Which part of a recording is analysed: channels, seconds, and how much speech."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ser_demo.audio import AudioInfo, AudioStream
from ser_demo.errors import EmptyRangeError, NoSuchChannelError

ChannelMode = Literal["split", "mix"]


@dataclass(frozen=True)
class Selection:
    """A part of a recording; by default all of it.

    Raises:
        ValueError: a field holds a value that no recording could match.
    """

    channels: tuple[int, ...] | None = None
    """Numbers of the channels, counted from 0; None is every channel."""
    channel_mode: ChannelMode = "split"
    """split: each channel has a result of its own; mix: the mean of the channels is judged as one, called channel 0."""
    range_from: float = 0.0
    """Seconds from the start of the recording at which the part begins."""
    range_to: float | None = None
    """Seconds from the start of the recording at which the part ends; None is the end."""
    max_speech_length: float | None = None
    """Seconds of speech in each channel after which no more of it is judged; None is no bound."""

    def __post_init__(self) -> None:
        if self.channels is not None and (not self.channels or min(self.channels) < 0):
            raise ValueError("channels are numbers from 0 on, at least one")
        if self.channel_mode not in ("split", "mix"):
            raise ValueError("channel_mode is split or mix")
        if not 0 <= self.range_from < np.inf:
            raise ValueError("range_from is a number of seconds, 0 or more")
        if self.range_to is not None and not self.range_from < self.range_to < np.inf:
            raise ValueError("range_to is a number of seconds after range_from")
        if self.max_speech_length is not None and not 0 < self.max_speech_length < np.inf:
            raise ValueError("max_speech_length is a number of seconds above zero")

    def channels_of(self, info: AudioInfo) -> tuple[int, ...]:
        """The numbers of the recording's channels that are read, in order; raises NoSuchChannelError."""
        if self.channels is None:
            return tuple(range(info.channel_count))
        missing = [number for number in self.channels if number >= info.channel_count]
        if missing:
            raise NoSuchChannelError(
                info.name,
                f"channel {missing[0]} is asked for, and it has {info.channel_count}, counted from 0",
                "Ask for one that it has",
            )
        return tuple(sorted(set(self.channels)))


def select(stream: AudioStream, selection: Selection) -> Iterator[np.ndarray]:
    """The selected samples of each block of `stream`, float32 (channels, n); n is 0 where the part has not begun.

    Stops reading where the part ends. Raises NoSuchChannelError, EmptyRangeError, and what `stream.blocks` raises.
    """
    channels = list(selection.channels_of(stream.info))
    rate = stream.info.sample_rate
    first = round(selection.range_from * rate)
    last = None if selection.range_to is None else round(selection.range_to * rate)
    position = 0
    for block in stream.blocks():
        start, position = position, position + block.shape[1]
        chosen = block[channels, max(0, first - start) : None if last is None else max(0, last - start)]
        yield chosen.mean(axis=0, keepdims=True) if selection.channel_mode == "mix" else chosen
        if last is not None and position >= last:
            return
    if position <= first:
        raise EmptyRangeError(
            stream.info.name,
            f"it ends after {position / rate:.1f} s, before the part that begins at {selection.range_from:.1f} s",
            "Ask for an earlier part",
        )
