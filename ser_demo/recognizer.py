"""From a recording to its result: decode, find speech, cut windows, classify them, sum up. Block by block."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ser_demo.audio import AudioSource, AudioStream, Resampler, open_audio
from ser_demo.classifier import BATCH_SIZE, Classifier
from ser_demo.errors import SerError
from ser_demo.result import Audio, Channel, FailedResult, Result, Segment, mean_scores
from ser_demo.settings import Settings
from ser_demo.speech import SAMPLE_RATE
from ser_demo.windows import MIN_SPEECH, Window, WindowReader

EQUAL = 1e-4  # full scale; channels that never differ by more are one recording stored twice

Progress = Callable[[float, float], None]  # seconds done, seconds in all
OnSegment = Callable[[int, Segment], None]  # channel number and the segment that was just judged


class EmotionRecognizer:
    """Recognises emotions in recordings with one checkpoint.

    Args:
        model: a Hub id or folder of any Hugging Face audio-classification checkpoint; by default what the variable
            `SER_MODEL` names, or else the embedded model.
        settings: limits on recordings and the device; by default read from the environment.

    Raises:
        ModelError: the checkpoint cannot be used.
        SettingsError: an environment variable holds an impossible value.
    """

    def __init__(self, model: str | None = None, settings: Settings | None = None):
        settings = settings or Settings.from_environment()
        self._limits = settings.limits
        self._classifier = Classifier(model or settings.model, settings.device)

    @property
    def labels(self) -> list[str]:
        """The emotions that the model tells apart."""
        return self._classifier.labels

    def recognize(
        self,
        source: AudioSource,
        name: str | None = None,
        progress: Progress | None = None,
        on_segment: OnSegment | None = None,
    ) -> Result:
        """The emotions in every channel of one recording.

        Args:
            source: a path, the bytes of a file, a binary file object, or (samples, sample_rate) with samples of shape
                (n,) or (channels, n).
            name: what messages call the recording instead of its file name.
            progress: called with seconds done and seconds in all (as far as known) after each block.
            on_segment: called with the channel number and each segment as soon as it is known, which for a long
                recording is while it is still being read.

        Raises:
            AudioError: of the kind that says what is wrong with the recording.
        """
        with open_audio(source, self._limits, name) as stream:
            channels = [_ChannelState(WindowReader()) for _ in range(stream.info.channel_count)]
            twins = _Twins(len(channels))
            seconds = 0.0
            waiting: list[tuple[int, Window, np.ndarray]] = []
            for block, resampled in _resampled_blocks(stream):
                twins.compare(block)
                seconds += block.shape[1] / stream.info.sample_rate
                for number, samples in enumerate(resampled):
                    waiting += [(number, *found) for found in channels[number].reader.feed(samples)]
                while len(waiting) >= BATCH_SIZE:
                    self._classify(waiting[:BATCH_SIZE], channels, on_segment)
                    waiting = waiting[BATCH_SIZE:]
                if progress is not None:
                    progress(seconds, max(seconds, stream.info.duration or 0.0))
            for number, channel in enumerate(channels):
                waiting += [(number, *found) for found in channel.reader.finish()]
            for first in range(0, len(waiting), BATCH_SIZE):
                self._classify(waiting[first : first + BATCH_SIZE], channels, on_segment)
            if progress is not None:
                progress(seconds, seconds)
            return Result(
                tuple(
                    _sum_up(number, channel, [*stream.warnings, *twins.warnings(number)])
                    for number, channel in enumerate(channels)
                ),
                Audio(seconds, stream.info.sample_rate, stream.info.channel_count),
                self._classifier.model,
            )

    def recognize_many(self, sources: Iterable[AudioSource]) -> Iterator[Result | FailedResult]:
        """The result of each recording, in order; one that cannot be analysed gives a `FailedResult`."""
        for source in sources:
            try:
                yield self.recognize(source)
            except SerError as error:
                yield FailedResult(str(error))

    def _classify(
        self,
        batch: list[tuple[int, Window, np.ndarray]],
        channels: list["_ChannelState"],
        on_segment: OnSegment | None,
    ) -> None:
        scores = self._classifier.classify([samples for _, _, samples in batch])
        for (number, window, _), window_scores in zip(batch, scores, strict=True):
            segment = Segment(window.start / SAMPLE_RATE, window.end / SAMPLE_RATE, window_scores)
            channels[number].segments.append(segment)
            channels[number].weights.append(window.speech_length)
            if on_segment is not None:
                on_segment(number, segment)


@dataclass
class _ChannelState:
    """What is known of a channel so far: its segments, and the seconds of speech in each."""

    reader: WindowReader
    segments: list[Segment] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


class _Twins:
    """Which channels have carried the same samples so far."""

    def __init__(self, channel_count: int):
        self._pairs = {(a, b) for a in range(channel_count) for b in range(a + 1, channel_count)}

    def compare(self, block: np.ndarray) -> None:
        """Takes the next block, (channels, n)."""
        self._pairs = {(a, b) for a, b in self._pairs if np.allclose(block[a], block[b], rtol=0, atol=EQUAL)}

    def warnings(self, number: int) -> list[str]:
        """One for each channel that equals channel `number`."""
        return [f"channels {a} and {b} carry the same audio" for a, b in sorted(self._pairs) if number in (a, b)]


def _resampled_blocks(stream: AudioStream) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each block (channels, n) beside its 16 kHz form (channels, m); the resampler's rest comes with an empty block."""
    resampler = Resampler(stream.info.sample_rate, SAMPLE_RATE, stream.info.channel_count)
    for block in stream.blocks():
        yield block, resampler.feed(block)
    yield np.zeros((stream.info.channel_count, 0), dtype=np.float32), resampler.flush()


def _sum_up(number: int, channel: _ChannelState, warnings: list[str]) -> Channel:
    speech = channel.reader.speech_length
    if not channel.segments:
        warnings = [f"not enough speech: {speech:.1f} s found, {MIN_SPEECH} s in one stretch needed", *warnings]
    scores = mean_scores(zip((s.scores for s in channel.segments), channel.weights, strict=True))
    return Channel(number, speech, scores, tuple(channel.segments), tuple(warnings))
