"""Decoding with ffmpeg's libraries through PyAV."""

from collections.abc import Iterator, Mapping

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from ser_demo.audio.headers import cut_too_early, mp3_declares_length
from ser_demo.audio.interrupts import interrupts_held
from ser_demo.audio.source import SourceFile
from ser_demo.errors import NoSamplesError, NotAudioError

# Only formats that hold sound themselves. A play list or a device description, which ffmpeg would follow to
# other files and hosts, is not among them.
_FORMATS = (
    "3gp,aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,tta,w64,wav,webm,wv"
)

# ffmpeg gives every file a length; only of these is it declared and not guessed from size and bit rate.
_DECLARE_LENGTH = {"aiff", "asf", "au", "avi", "caf", "flac", "matroska", "mov", "ogg", "w64", "wav"}


class AvDecoder:
    """The first sound track of a file that ffmpeg reads.

    Rate and channels are those of the first decoded frame, since a header may announce others; what changes
    later is converted to them. A piece that cannot be decoded is left out.
    """

    def __init__(self, container: InputContainer, file: SourceFile) -> None:
        self.damaged = False
        self._container = container
        self._stream = container.streams.audio[0]
        _forget_speaker_order(self._stream)
        self.container = container.format.name.partition(",")[0]
        self.track_count = len(container.streams.audio)
        self.declared_seconds = _declared_seconds(container, self.container, file)
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            if self.damaged or self.declared_seconds:
                raise cut_too_early(file)
            raise NoSamplesError(file.file_name, "it is a valid file with no sound in it", "Record it again")
        self.sample_rate: int = first.sample_rate
        self.channel_count: int = first.layout.nb_channels
        self._layout = first.layout
        self._resampler: AudioResampler | None = None
        self._pieces = self._to_float(first)
        self._left = np.empty((self.channel_count, 0), np.float32)

    @interrupts_held()
    def read(self, frame_count: int) -> np.ndarray:
        pieces, count = [self._left], self._left.shape[1]
        while count < frame_count and (piece := next(self._pieces, None)) is not None:
            pieces.append(piece)
            count += piece.shape[1]
        samples = np.concatenate(pieces, axis=1)
        self._left = samples[:, frame_count:].copy()
        return samples[:, :frame_count]

    @interrupts_held()
    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[AudioFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                frames = next(packets).decode()
            except StopIteration:
                return
            except av.FFmpegError:
                self.damaged = True
            else:
                yield from (frame for frame in frames if isinstance(frame, AudioFrame) and frame.samples)

    def _to_float(self, frame: AudioFrame | None) -> Iterator[np.ndarray]:
        """float32 arrays of shape (channels, n) from a frame and all that follow it."""
        kind = None
        while frame is not None:
            # A resampler takes frames of one kind only, so a change in mid stream needs a new one.
            if kind != (frame.format.name, frame.layout.name, frame.sample_rate):
                yield from self._resample(None)
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                self._resampler = AudioResampler("flt", self._layout, self.sample_rate)
            yield from self._resample(frame)
            frame = next(self._frames, None)
        yield from self._resample(None)

    def _resample(self, frame: AudioFrame | None) -> Iterator[np.ndarray]:
        """What the resampler gives for a frame, or has left where there is no frame."""
        if self._resampler is None:
            return
        try:
            resampled = self._resampler.resample(frame)
        except av.FFmpegError:
            # Damage has made up a kind of frame that cannot be converted; its resampler is unusable.
            self.damaged, self._resampler = True, None
            return
        # Channels side by side ("flt") and not in planes ("fltp"): of eight planes and more PyAV reads past
        # the last, which may end the process. A resampler with nothing to convert answers None at the end.
        for samples in filter(None, resampled):
            yield samples.to_ndarray().reshape(-1, self.channel_count).T


@interrupts_held()
def open_av(file: SourceFile, kind: str = "", facts: Mapping[str, str] | None = None) -> AvDecoder | None:
    """A decoder, or None where ffmpeg does not know the format.

    Where no header tells it, `kind` is ffmpeg's name of the format and `facts` are its options.

    Raises NotAudioError for a file without a sound track, NoSamplesError or TruncatedAudioError for one in
    which nothing can be decoded.
    """
    file.seek(0)
    try:
        # A file object and not a name, so that nothing in a name can be taken for an address.
        # Tags of old recorders are in any encoding.
        options = {"format_whitelist": kind or _FORMATS, "protocol_whitelist": "none", **(facts or {})}
        container = av.open(file, "r", format=kind or None, container_options=options, metadata_errors="replace")
    except av.FFmpegError:
        return None
    try:
        if not container.streams.audio:
            raise NotAudioError(file.file_name, "it has no sound track", "Choose a file with sound")
        return AvDecoder(container, file)
    except BaseException:
        container.close()
        raise


def _declared_seconds(container: InputContainer, kind: str, file: SourceFile) -> float | None:
    if kind not in _DECLARE_LENGTH and not (kind == "mp3" and mp3_declares_length(file)):
        return None
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # The length of the whole file is the sound's only where there is nothing else in it.
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def _forget_speaker_order(stream: AudioStream) -> None:
    """Let a track declare its number of channels alone, not which loudspeaker each belongs to.

    PyAV 18 frees an unusual order, such as right before left in a MOV, as often as anything reads it, with
    every frame as well, and that ends the process. Nothing here needs the order.
    """
    context = stream.codec_context
    if context is None:
        return
    # Holding `layout` until the context has another leaves one owner of the order, which then frees it once.
    layout = context.layout
    if layout.nb_channels > 0:
        context.layout = f"{layout.nb_channels} channels"
