"""What the page shows of a recording beside its result: its waveform, where somebody speaks, and its spectrum."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_demo.acoustics import PeakReader, PictureReader, SoundPicture

LOUDEST = 127  # of a level
SPEECH = 128  # added where there is speech
COARSE = 0.3  # seconds; a picture whose frames lie farther apart is made while the recording is analysed
SILENT = 0.0005  # loudest sample below which a recording holds no sound (-66 dB of full scale)


@dataclass(frozen=True)
class Sound:
    """The drawing of a recording.

    Attributes:
        file: the name that its owner knows.
        path: where the server keeps it.
        step: seconds of each level.
        waveform: per channel a byte for each step: 0 to `LOUDEST`, and `SPEECH` more where somebody speaks.
    """

    file: str
    path: str
    step: float
    waveform: tuple[bytes, ...]

    def to_dict(self) -> dict[str, Any]:
        """For the browser, which keeps it and sends it back: the server holds nothing of a visitor."""
        waveform = [b64encode(levels).decode() for levels in self.waveform]
        return {"file": self.file, "path": self.path, "step": self.step, "waveform": waveform}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Sound":
        """What `to_dict` was made from."""
        waveform = tuple(b64decode(levels) for levels in fields["waveform"])
        return cls(fields["file"], fields["path"], fields["step"], waveform)


class SoundReader:
    """Makes a `Sound` while the recogniser reads: give it `on_block` and `on_speech`."""

    def __init__(self) -> None:
        self._peaks = PeakReader()
        self._picture = PictureReader(COARSE)
        self._speech: list[tuple[int, float, float]] = []

    def on_block(self, samples: np.ndarray, sample_rate: int) -> None:
        """Takes samples (channels, n)."""
        self._peaks.feed(samples, sample_rate)
        self._picture.feed(samples, sample_rate)

    def on_speech(self, channel: int, start: float, end: float) -> None:
        """Takes a stretch of speech, in seconds."""
        self._speech.append((channel, start, end))

    @property
    def is_silent(self) -> bool:
        """Whether there was nothing to hear so far, as from a microphone that is muted."""
        return float(self._peaks.finish().max(initial=0.0)) < SILENT

    def long_picture(self) -> SoundPicture | None:
        """The picture of a recording too long to be read a second time for it; None for shorter ones."""
        picture = self._picture.finish()
        return picture if picture.step > COARSE else None

    def finish(self, file: str, path: str) -> Sound:
        """The drawing of what was read."""
        peaks, step = self._peaks.finish(), self._peaks.step
        return Sound(file, path, step, encode(peaks, step, self._speech))


def encode(peaks: np.ndarray, step: float, speech: Sequence[tuple[int, float, float]]) -> tuple[bytes, ...]:
    """Peaks (channels, n) as bytes, speech marked; their root, so that a quiet channel shows beside a loud one."""
    loudest = max(float(peaks.max(initial=0.0)), 1e-6)
    levels = np.round(np.sqrt(np.clip(peaks / loudest, 0, 1)) * LOUDEST).astype(np.uint8)
    for channel, start, end in speech:
        levels[channel, int(start / step) : int(np.ceil(end / step))] |= SPEECH
    return tuple(channel.tobytes() for channel in levels)
