"""From a recording to its result: decode, find speech, cut windows, classify them, sum up. Block by block."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from os import PathLike, fspath

import numpy as np

from ser_demo.audio import AudioSource, AudioStream, Resampler, open_audio
from ser_demo.classifier import BATCH_SIZE, Classifier
from ser_demo.doubt import doubt
from ser_demo.errors import SerError, SourceTypeError
from ser_demo.live import LiveRecognition
from ser_demo.noise import NoiseMeter
from ser_demo.result import UNCERTAIN, Audio, Channel, FailedResult, Model, Result, Segment, mean_scores
from ser_demo.selection import Selection, select
from ser_demo.settings import Limits, Settings
from ser_demo.speech import SAMPLE_RATE, Region
from ser_demo.windows import MIN_SPEECH, Window, WindowReader

EVERYTHING = Selection()
EQUAL = 1e-4  # full scale; channels that never differ by more are one recording stored twice

Progress = Callable[[float, float], None]  # seconds done, seconds in all
OnSegment = Callable[[int, Segment], None]  # channel number and the segment that was just judged
OnSpeech = Callable[[int, float, float], None]  # channel number, and where speech begins and ends in seconds
OnBlock = Callable[[np.ndarray, int], None]  # samples as they were read, (channels, n), and their rate in Hz
OpenAudio = Callable[[AudioSource, Limits, str | None], AudioStream]


class EmotionRecognizer:
    """Recognises emotions in recordings with one checkpoint.

    Args:
        model: a Hub id or folder of any Hugging Face audio-classification checkpoint; by default what the variable
            `SER_MODEL` names, or else the embedded model.
        settings: limits on recordings and the device; by default read from the environment.
        open_audio: how recordings are opened. Servers give `ser_demo.audio.open_isolated`, so that a recording which
            crashes its decoder costs no more than its own answer.

    Raises:
        ModelError: the checkpoint cannot be used.
        SettingsError: an environment variable holds an impossible value, or names a device that is not there.
    """

    def __init__(
        self,
        model: str | PathLike[str] | None = None,
        settings: Settings | None = None,
        open_audio: OpenAudio = open_audio,
    ):
        settings = settings or Settings.from_environment()
        self._settings = settings
        self._open_audio = open_audio
        self._classifier = Classifier(fspath(model) if model else settings.model, settings.device)

    def with_model(self, model: str | None) -> "EmotionRecognizer":
        """Another checkpoint, None for the embedded one, with the same limits, device and way of decoding.

        Raises:
            ModelError: the checkpoint cannot be used.
        """
        return EmotionRecognizer(settings=replace(self._settings, model=model), open_audio=self._open_audio)

    @property
    def model(self) -> Model:
        """The checkpoint that answers."""
        return self._classifier.model

    @property
    def labels(self) -> list[str]:
        """The emotions that the model tells apart."""
        return self._classifier.labels

    @property
    def uncertain_below(self) -> float:
        """Probability below which the most probable emotion of a channel is called uncertain; 0 for never."""
        return self._classifier.uncertain_below

    def recognize(
        self,
        source: AudioSource,
        name: str | None = None,
        progress: Progress | None = None,
        on_segment: OnSegment | None = None,
        on_speech: OnSpeech | None = None,
        on_block: OnBlock | None = None,
        selection: Selection = EVERYTHING,
    ) -> Result:
        """The emotions in every channel of one recording.

        Args:
            source: a path, the bytes of a file, a binary file object, or (samples, sample_rate) with samples of shape
                (n,) or (channels, n).
            name: what messages call the recording instead of its file name.
            progress: called with seconds done and seconds in all (as far as known) after each block.
            on_segment: called with the channel number and each segment as soon as it is known, which for a long
                recording is while it is still being read.
            on_speech: called with the channel number and each stretch of speech, in seconds, as soon as it is known.
            on_block: called with each block of the recording, so that whoever draws it need not decode it once more.
            selection: which channels and seconds of the recording, and how much speech; by default all of it. Times
                are those of the whole recording.

        Raises:
            AudioError: of the kind that says what is wrong with the recording.
            ModelError: the network gives no numbers.
            SourceTypeError: `source` is none of these.
        """
        with self._open_audio(source, self._settings.limits, name) as stream:
            numbers = (0,) if selection.channel_mode == "mix" else selection.channels_of(stream.info)
            channels = [_new_channel(number, selection, on_speech) for number in numbers]
            twins = _Twins(numbers)
            waiting: list[_Waiting] = []
            for block, resampled in _resampled_blocks(stream, selection, len(channels)):
                twins.compare(block)
                if on_block is not None:
                    on_block(block, stream.info.sample_rate)
                for channel, samples in zip(channels, resampled, strict=True):
                    channel.noise.feed(samples)
                    waiting += [(channel, *found) for found in channel.reader.feed(samples)]
                while len(waiting) >= BATCH_SIZE:
                    self._classify(waiting[:BATCH_SIZE], on_segment)
                    waiting = waiting[BATCH_SIZE:]
                if progress is not None:
                    progress(stream.seconds_read, max(stream.seconds_read, stream.info.duration or 0.0))
                if all(channel.reader.has_enough for channel in channels):
                    break
            for channel in channels:
                waiting += [(channel, *found) for found in channel.reader.finish()]
            for first in range(0, len(waiting), BATCH_SIZE):
                self._classify(waiting[first : first + BATCH_SIZE], on_segment)
            if progress is not None:
                progress(stream.seconds_read, stream.seconds_read)
            return Result(
                tuple(
                    _sum_up(channel, self._classifier, [*stream.warnings, *twins.warnings(channel.number)])
                    for channel in channels
                ),
                Audio(_duration(stream), stream.info.sample_rate, stream.info.channel_count),
                self._classifier.model,
            )

    def recognize_many(self, sources: Iterable[AudioSource]) -> Iterator[Result | FailedResult]:
        """The result of each recording, in order; one that cannot be analysed gives a `FailedResult`.

        Raises:
            SourceTypeError: one recording is given, not several.
        """
        if isinstance(sources, str | bytes | PathLike):
            raise SourceTypeError("recognize_many takes several recordings, recognize takes one")
        for source in sources:
            try:
                yield self.recognize(source)
            except SerError as error:
                yield FailedResult(str(error))

    def listen(self, sample_rate: int) -> LiveRecognition:
        """Recognition of one channel while it is being spoken; the chunks to come have `sample_rate` Hz.

        Raises:
            SampleRateError: no microphone has this rate.
        """
        return LiveRecognition(self._classifier, sample_rate)

    def _classify(self, batch: list["_Waiting"], on_segment: OnSegment | None) -> None:
        scores = self._classifier.classify([samples for _, _, samples in batch])
        for (channel, window, _), window_scores in zip(batch, scores, strict=True):
            start, end = (channel.starts_at + sample / SAMPLE_RATE for sample in (window.start, window.end))
            segment = Segment(start, end, window_scores)
            channel.segments.append(segment)
            channel.weights.append(window.speech_length)
            if on_segment is not None:
                on_segment(channel.number, segment)


@dataclass
class _ChannelState:
    """What is known of a channel so far: its segments, and the seconds of speech in each."""

    number: int
    starts_at: float  # seconds of the recording at which the reader's first sample lies
    reader: WindowReader
    regions: list[Region]  # that the reader has found
    noise: NoiseMeter = field(default_factory=NoiseMeter)
    segments: list[Segment] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    @property
    def end(self) -> int | None:
        """The sample at which as much speech as is wanted was found; None as long as it was not."""
        return self.regions[-1].end if self.reader.has_enough else None


_Waiting = tuple[_ChannelState, Window, np.ndarray]  # a window that is to be judged, and its samples


def _new_channel(number: int, selection: Selection, on_speech: OnSpeech | None) -> _ChannelState:
    starts_at = selection.range_from
    regions: list[Region] = []

    def tell(region: Region) -> None:
        regions.append(region)
        if on_speech is not None:
            on_speech(number, *(starts_at + sample / SAMPLE_RATE for sample in (region.start, region.end)))

    return _ChannelState(number, starts_at, WindowReader(selection.max_speech_length, tell), regions)


class _Twins:
    """Which channels have carried the same samples so far."""

    def __init__(self, numbers: tuple[int, ...]):
        self._numbers = numbers
        self._pairs = {(a, b) for a in range(len(numbers)) for b in range(a + 1, len(numbers))}

    def compare(self, block: np.ndarray) -> None:
        """Takes the next block, (channels, n)."""
        self._pairs = {(a, b) for a, b in self._pairs if np.allclose(block[a], block[b], rtol=0, atol=EQUAL)}

    def warnings(self, number: int) -> list[str]:
        """One for each channel that equals channel `number`."""
        pairs = sorted((self._numbers[a], self._numbers[b]) for a, b in self._pairs)
        return [f"channels {a} and {b} carry the same audio" for a, b in pairs if number in (a, b)]


def _resampled_blocks(
    stream: AudioStream, selection: Selection, channel_count: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each selected block (channels, n) beside its 16 kHz form (channels, m); the resampler's rest comes with an empty
    block."""
    resampler = Resampler(stream.info.sample_rate, SAMPLE_RATE, channel_count)
    for block in select(stream, selection):
        yield block, resampler.feed(block)
    yield np.zeros((channel_count, 0), dtype=np.float32), resampler.flush()


def _duration(stream: AudioStream) -> float:
    """Seconds of the whole recording: those that were read, or where a part was enough, those that it declares."""
    return stream.seconds_read if stream.has_ended else max(stream.seconds_read, stream.info.duration or 0.0)


def _sum_up(channel: _ChannelState, classifier: Classifier, warnings: list[str]) -> Channel:
    speech = channel.reader.speech_length
    scores = mean_scores(zip((s.scores for s in channel.segments), channel.weights, strict=True))
    if not scores:
        warnings = [f"not enough speech: {speech:.1f} s found, {MIN_SPEECH} s in one stretch needed", *warnings]
    elif reason := doubt(scores, classifier.uncertain_below, channel.noise.ratio(channel.regions, channel.end)):
        warnings = [f"{UNCERTAIN}: {reason}", *warnings]
    return Channel(channel.number, speech, scores, tuple(channel.segments), tuple(warnings))
