"""Speech regions to windows: the stretches of audio that the recogniser judges one at a time.

A window holds neighbouring regions with the short pauses between them, because prosody lives in phrases, not in
words. Training clips are single utterances of 1 to 5 seconds, so that is what a window is: several sentences in one are
misheard. Both are brought to one level: some networks hear how loud a recording is, which tells more of the microphone
than of the speaker.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ser_demo.speech import MAX_REGION, SAMPLE_RATE, Region, SpeechDetector

MAX_PAUSE = 1.0  # seconds of silence that may lie inside a window
BREATH = 0.4  # seconds; a shorter pause lies within a sentence, which stays whole while it is no longer than a region
MAX_JOINED = 3.5  # seconds up to which regions are joined over longer pauses, at which a sentence may have ended
MIN_SPEECH = 0.5  # seconds of speech below which nothing is said about an emotion
MARGIN = 0.3  # seconds heard on both sides of a window: voice activity ends before the last soft sounds and breath do
_MARGIN_SAMPLES = round(MARGIN * SAMPLE_RATE)
LEVEL = -23.0  # dBFS, root mean square of what lies within a window, as in EBU R 128
PEAK = 0.99  # amplitude that a loud moment may reach; such a window stays below `LEVEL`


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


def at_level(samples: np.ndarray, start: int, end: int) -> np.ndarray:
    """(n,) float32 as loud as any others: the root mean square of the samples from `start` to `end` becomes `LEVEL`."""
    mean_square = float(np.mean(np.square(samples[start:end], dtype=np.float64)))
    gain = 10 ** (LEVEL / 20) / max(mean_square, 1e-12) ** 0.5
    peak = float(np.abs(samples).max())
    return samples * np.float32(min(gain, PEAK / max(peak, 1e-6)))


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

    def pass_to(self, sample: int) -> list[Window]:
        """The open window, where no region that begins at `sample` or later can join it any more."""
        is_over = self._open is not None and sample - self._open.end > MAX_PAUSE * SAMPLE_RATE
        return self.finish() if is_over else []

    def peek(self, region: Region | None) -> list[Window]:
        """The windows that would still come if `region` were the last; nothing changes by asking."""
        ahead = WindowBuilder()
        ahead._open = self._open
        return ahead.feed([region] if region else []) + ahead.finish()

    @property
    def needed_from(self) -> int | None:
        """The sample at which the open window starts, None when none is open."""
        return self._open.start if self._open else None

    def _join(self, region: Region) -> Window | None:
        """The open window with `region` added, None where it would be too long or hold too long a pause."""
        window = self._open
        if window is None:
            return None
        pause = (region.start - window.end) / SAMPLE_RATE
        most = MAX_REGION if pause < BREATH else MAX_JOINED
        if pause > MAX_PAUSE or region.end - window.start > most * SAMPLE_RATE:
            return None
        return Window(window.start, region.end, window.speech + region.end - region.start)


class WindowReader:
    """One channel's audio in, its windows with their samples out, while the channel is being read.

    Call `feed` with consecutive blocks and `finish` after the last. Holds no more than the samples that a window still
    to come may need.

    Args:
        max_speech_length: seconds of speech after which the rest is passed over.
        on_region: called with each region of speech as soon as it is known, also where it is too short for a window.
    """

    def __init__(
        self, max_speech_length: float | None = None, on_region: Callable[[Region], None] | None = None
    ) -> None:
        self._most_speech = None if max_speech_length is None else round(max_speech_length * SAMPLE_RATE)
        self._on_region = on_region
        self._detector = SpeechDetector()
        self._builder = WindowBuilder()
        self._closed: list[Window] = []  # whose margin has not been read yet
        self._samples = np.zeros(0, dtype=np.float32)
        self._offset = 0  # of the first sample held, from the start of the recording
        self._speech = 0  # samples

    @property
    def speech_length(self) -> float:
        """Seconds of speech found so far, up to the most that is wanted."""
        return self._speech / SAMPLE_RATE

    @property
    def open_region(self) -> Region | None:
        """The stretch of speech that has not ended yet, as far as it has come."""
        return self._detector.open_region

    @property
    def has_enough(self) -> bool:
        """Whether as much speech as is wanted has been found."""
        return self._most_speech is not None and self._speech >= self._most_speech

    def feed(self, samples: np.ndarray) -> list[tuple[Window, np.ndarray]]:
        """The windows that `samples`, (n,) float32 at `SAMPLE_RATE`, complete, each with its own samples.

        A window's samples reach up to `MARGIN` seconds beyond it on both sides, and are at one level.
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

    def peek(self) -> list[tuple[Window, np.ndarray]]:
        """The windows that are still growing or lack their margin, as they would be if the channel ended here."""
        return self._cut(self._closed + self._builder.peek(self.open_region))

    def _close(self, regions: list[Region]) -> None:
        wanted = []
        for region in regions:
            length = region.end - region.start
            if self._most_speech is not None:
                length = min(length, self._most_speech - self._speech)
            if length > 0:
                wanted.append(Region(region.start, region.start + length))
                self._speech += length
        if self._on_region is not None:
            for region in wanted:
                self._on_region(region)
        # After the last word somebody may listen for hours, whose samples no window needs.
        self._closed += self._builder.feed(wanted) + self._builder.pass_to(self._detector.needed_from)

    def _cut(self, windows: list[Window]) -> list[tuple[Window, np.ndarray]]:
        found = []
        for window in windows:
            start, end = window.start - self._offset, window.end - self._offset
            first = max(0, start - _MARGIN_SAMPLES)
            found.append((window, at_level(self._samples[first : end + _MARGIN_SAMPLES], start - first, end - first)))
        return found
