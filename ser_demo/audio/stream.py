"""A recording as a stream of blocks, checked while it is read, and its short form held in memory."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from ser_demo.audio.decode import open_decoder
from ser_demo.audio.decoder import Decoder
from ser_demo.audio.headers import ogg_is_complete
from ser_demo.audio.samples import ArrayDecoder
from ser_demo.audio.source import AudioSource, SourceFile, open_source, source_name
from ser_demo.errors import (
    AudioTooLongError,
    InvalidSamplesError,
    NoSamplesError,
    SampleRateError,
    TooManyChannelsError,
)
from ser_demo.settings import Limits

_DEFAULT_LIMITS = Limits()
_LOWEST_RATE, _HIGHEST_RATE = 1_000, 768_000  # Hz
_LARGEST_BLOCK = 8 * 1024**2  # samples of all channels: 32 MiB, whatever rate and channels a header declares
_LOUDEST = 1e12  # more than integers read as floats without scaling, and its square is still a number
_TOLERANCE = 0.25  # seconds by which encoders' padding makes the real length differ from the declared one


@dataclass(frozen=True)
class AudioInfo:
    """What is known of a recording before any of it is decoded."""

    name: str
    """Base name of the file, or "recording"."""
    sample_rate: int
    """Hz."""
    channel_count: int
    duration: float | None
    """Seconds by the header, more than there is if the file is cut; None where the container does not say."""
    container: str
    """Short name of the file format, such as wav or mov."""


class AudioStream:
    """An opened recording, made by `open_audio`. Use it in a `with` statement and read its blocks once."""

    def __init__(self, decoder: Decoder, file: SourceFile | None, name: str, limits: Limits) -> None:
        self.info = AudioInfo(
            name=name,
            sample_rate=decoder.sample_rate,
            channel_count=decoder.channel_count,
            duration=decoder.declared_seconds,
            container=decoder.container,
        )
        self.warnings: list[str] = list(_left_out(decoder.track_count))
        """What is wrong with the recording though it can be read; complete once the blocks are consumed."""
        self.seconds_read = 0.0
        """Length of the blocks that were read so far."""
        self.has_ended = False
        """Whether there was nothing more to read."""
        self._decoder = decoder
        self._file = file
        self._limits = limits
        self._is_read = False
        _check_header(self.info, limits)

    def __enter__(self) -> "AudioStream":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what `open_audio` opened; a file object that the caller passed stays open."""
        self._decoder.close()
        if self._file is not None:
            self._file.release()

    def blocks(self, seconds: float = 16.0) -> Iterator[np.ndarray]:
        """float32 arrays of shape (channels, n), each `seconds` long at `info.sample_rate` but the last.

        They are shorter where rate and channels are such that more than `_LARGEST_BLOCK` samples would be held.

        Raises InvalidSamplesError, AudioTooLongError, NoSamplesError or UnreadableAudioError when it comes to
        it, and RuntimeError when the blocks were read before.
        """
        if self._is_read:
            raise RuntimeError("the blocks of a recording are read once, open it again")
        self._is_read = True
        block_length = min(round(seconds * self.info.sample_rate), _LARGEST_BLOCK // self.info.channel_count)
        frame_count = 0
        while (block := self._decoder.read(max(1, block_length))).shape[1]:
            frame_count += block.shape[1]
            self.seconds_read = frame_count / self.info.sample_rate
            self._check_block(block)
            yield block
        self.has_ended = True
        if self._file is not None:
            self._file.raise_failure()
        if frame_count == 0:
            raise NoSamplesError(self.info.name, "it has no samples", "Record it again")
        self.warnings.extend(self._shortcomings(self.seconds_read))

    def _check_block(self, block: np.ndarray) -> None:
        if self.seconds_read > self._limits.max_seconds + _TOLERANCE:
            raise _too_long(self.info.name, "it goes on for longer than is allowed", self._limits)
        if not (np.abs(block) <= _LOUDEST).all():
            raise InvalidSamplesError(
                self.info.name,
                "some of its samples are not numbers (NaN) or are too large",
                "Export it again, as 16-bit WAV or FLAC",
            )

    def _shortcomings(self, seconds: float) -> Iterator[str]:
        declared = self.info.duration
        if declared is not None and seconds < declared - _TOLERANCE:
            yield f"the file ends early: {seconds:.1f} s of the {declared:.1f} s it declares could be read"
        elif self.info.container == "ogg" and self._file is not None and not ogg_is_complete(self._file):
            yield f"the file ends early: its end mark is missing and {seconds:.1f} s could be read"
        elif self._decoder.damaged:
            yield f"a part of the file is damaged and was left out: {seconds:.1f} s could be read"


@dataclass(frozen=True)
class Recording:
    """A whole recording in memory."""

    channels: tuple[np.ndarray, ...]
    """One float32 array of shape (n,) per channel, at `sample_rate`."""
    sample_rate: int
    """Hz."""
    info: AudioInfo
    warnings: tuple[str, ...]

    @property
    def duration(self) -> float:
        """Seconds that were read."""
        return len(self.channels[0]) / self.sample_rate


def open_audio(source: AudioSource, limits: Limits = _DEFAULT_LIMITS, name: str | None = None) -> AudioStream:
    """Open a recording; `name` is what messages call it in place of the source's own name.

    Raises a subclass of AudioError: UnreadableAudioError, EmptyAudioError, AudioTooLargeError, NotAudioError,
    TruncatedAudioError, NoSamplesError, SampleRateError, TooManyChannelsError or AudioTooLongError.
    SourceTypeError for a source of another type.
    """
    name = source_name(source, name)
    with contextlib.ExitStack() as on_error:
        file = None
        decoder: Decoder
        if isinstance(source, tuple):
            decoder = ArrayDecoder(source, name)
        else:
            file = open_source(source, limits, name)
            on_error.callback(file.release)
            decoder = open_decoder(file)
            on_error.callback(decoder.close)
        stream = AudioStream(decoder, file, name, limits)
        on_error.pop_all()
        return stream


def load_audio(source: AudioSource) -> Recording:
    """Read a whole recording within the usual limits into memory, four bytes per sample.

    Raises what `open_audio` and `AudioStream.blocks` raise.
    """
    with open_audio(source) as stream:
        samples = np.concatenate(list(stream.blocks()), axis=1)
        return Recording(tuple(samples), stream.info.sample_rate, stream.info, tuple(stream.warnings))


def _left_out(track_count: int) -> Iterator[str]:
    # Recorders of calls and meetings may keep each speaker in a track of its own.
    if track_count > 1:
        remedy = "save each as a file of its own"
        yield f"the file has {track_count} sound tracks, and only the first was analysed: {remedy}"


def _check_header(info: AudioInfo, limits: Limits) -> None:
    if not _LOWEST_RATE <= info.sample_rate <= _HIGHEST_RATE:
        raise SampleRateError(
            info.name,
            f"it declares a sample rate of {info.sample_rate} Hz",
            f"Use one between {_LOWEST_RATE} and {_HIGHEST_RATE} Hz, 16000 suits speech",
        )
    if info.channel_count > limits.max_channels:
        raise TooManyChannelsError(
            info.name,
            f"it has {info.channel_count} channels and at most {limits.max_channels} are accepted",
            "Export the channels that matter",
        )
    if info.duration is not None and info.duration > limits.max_seconds + _TOLERANCE:
        raise _too_long(info.name, f"it is {_in_words(info.duration)} long", limits)


def _too_long(name: str, problem: str, limits: Limits) -> AudioTooLongError:
    allowed = f"at most {_in_words(limits.max_seconds)}"
    return AudioTooLongError(name, f"{problem}, and {allowed} are accepted", "Split it into shorter ones")


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
