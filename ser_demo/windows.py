"""Speech regions to windows: the stretches of audio that the recogniser judges one at a time.

A window holds neighbouring regions with the short pauses between them, because prosody lives in phrases, not in
words. Training clips are single utterances of 1 to 5 seconds, so that is what a window is.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ser_demo.speech import SAMPLE_RATE, Region, SpeechDetector

MAX_PAUSE = 1.0  # seconds of silence that may lie inside a window
MAX_WINDOW = 6.0  # seconds; a region is at most 5, so a short rest of a phrase still joins it
MIN_SPEECH = 0.5  # seconds of speech below which nothing is said about an emotion
MARGIN = 0.3  # seconds heard on both sides of a window: voice activity ends before the last soft sounds and breath do
_MARGIN_SAMPLES = round(MARGIN * SAMPLE_RATE)


@dataclass(frozen=True)
class Window:
    """Consecutive samples [start, end) at `SAMPLE_RATE`, and how many of them are speech."""

    start: int
    end: int
    speech: int

    @property
    def speech_length(self) -> float:
        """Seconds of speech."""
        return self.speech / SAMPLE_RATE


class WindowBuilder:
    """Groups one channel's regions into windows as they come; windows with too little speech are left out."""

    def __init__(self) -> None:
        self._open: Window | None = None

    def feed(self, regions: Iterable[Region]) -> list[Window]:
        """The windows that `regions`, next in time, have closed."""
        closed = []
        for region in regions:
            joined = self._join(region)
            if joined is None:
                closed += self.finish()
                joined = Window(region.start, region.end, region.end - region.start)
            self._open = joined
        return closed

    def finish(self) -> list[Window]:
        """The window that is still open, if it holds enough speech."""
        window, self._open = self._open, None
        return [window] if window is not None and window.speech_length >= MIN_SPEECH else []

    @property
    def needed_from(self) -> int | None:
        """The sample at which the open window starts, None when none is open."""
        return self._open.start if self._open else None

    def _join(self, region: Region) -> Window | None:
        """The open window with `region` added, None where it would be too long or hold too long a pause."""
        window = self._open
        if window is None or region.start - window.end > MAX_PAUSE * SAMPLE_RATE:
            return None
        if region.end - window.start > MAX_WINDOW * SAMPLE_RATE:
            return None
        return Window(window.start, region.end, window.speech + region.end - region.start)


class WindowReader:
    """One channel's audio in, its windows with their samples out, while the channel is being read.

    Call `feed` with consecutive blocks and `finish` after the last. Holds no more than the samples that a window still
    to come may need.
    """

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._builder = WindowBuilder()
        self._closed: list[Window] = []  # whose margin has not been read yet
        self._samples = np.zeros(0, dtype=np.float32)
        self._offset = 0  # of the first sample held, from the start of the recording
        self._speech = 0  # samples

    @property
    def speech_length(self) -> float:
        """Seconds of speech found so far."""
        return self._speech / SAMPLE_RATE

    def feed(self, samples: np.ndarray) -> list[tuple[Window, np.ndarray]]:
        """The windows that `samples`, (n,) float32 at `SAMPLE_RATE`, complete, each with its own samples.

        A window's samples reach up to `MARGIN` seconds beyond it on both sides.
        """
        self._samples = np.concatenate([self._samples, samples])
        self._close(self._detector.feed(samples))
        received = self._offset + len(self._samples)
        complete = [window for window in self._closed if window.end + _MARGIN_SAMPLES <= received]
        self._closed = self._closed[len(complete) :]
        found = self._cut(complete)
        needed = [self._detector.needed_from, self._builder.needed_from, *(window.start for window in self._closed)]
        keep_from = min(sample for sample in needed if sample is not None) - _MARGIN_SAMPLES
        self._samples = self._samples[max(0, keep_from - self._offset) :]
        self._offset = max(self._offset, keep_from)
        return found

    def finish(self) -> list[tuple[Window, np.ndarray]]:
        """The windows that the end of the channel completes."""
        self._close(self._detector.finish())
        return self._cut(self._closed + self._builder.finish())

    def _close(self, regions: list[Region]) -> None:
        self._speech += sum(region.end - region.start for region in regions)
        self._closed += self._builder.feed(regions)

    def _cut(self, windows: list[Window]) -> list[tuple[Window, np.ndarray]]:
        found = []
        for window in windows:
            first = max(0, window.start - _MARGIN_SAMPLES - self._offset)
            found.append((window, self._samples[first : window.end + _MARGIN_SAMPLES - self._offset].copy()))
        return found
