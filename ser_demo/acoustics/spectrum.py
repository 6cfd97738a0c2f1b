"""Log-mel spectrogram and pitch of every channel, in so few frames that a recording of hours costs little more."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soxr

from ser_demo.acoustics.pitch import pitch_of
from ser_demo.audio import AudioSource, open_isolated
from ser_demo.settings import Limits

SAMPLE_RATE = 16_000  # Hz; speech has little above 8 kHz
FRAME = 1024  # samples, 64 ms: two periods of the deepest voice
MELS = 80  # bands from 0 to 8 kHz
MOST_FRAMES = 2000  # per channel; a long recording is looked at in steps instead of throughout
FINEST = 0.01  # seconds between two frames, at least
AT_ONCE = 128  # frames resampled together; each takes 100 kB meanwhile

Progress = Callable[[float, float], None]  # seconds done, seconds in all


@dataclass(frozen=True)
class SoundPicture:
    """What the frames of a recording look like; frame i begins at i * step seconds."""

    step: float
    """Seconds between two frames."""
    mel: np.ndarray
    """Level in dB of each band, float32 of shape (channels, frames, MELS), 0 at the loudest."""
    pitch: np.ndarray
    """Hz, float32 of shape (channels, frames), NaN where there is no voice."""


class PictureReader:
    """The picture of a recording of unknown length, while it is being read.

    Call `feed` with consecutive blocks, then `finish` once. Only what a frame shows is resampled.

    Args:
        step: seconds between two frames; doubled whenever there are more than `MOST_FRAMES`.
    """

    def __init__(self, step: float) -> None:
        self.step = step
        self._held = np.zeros((0, 0), dtype=np.float32)
        self._offset = 0  # of the first sample held
        self._mel = np.zeros((1, 0, MELS), np.float32)
        self._pitch = np.zeros((1, 0), np.float32)

    def feed(self, block: np.ndarray, sample_rate: int) -> None:
        """Takes the next samples, float of shape (channels, n) at `sample_rate` Hz, the same in every call."""
        if not len(self._held):
            self._held = np.zeros((len(block), 0), dtype=np.float32)
            self._mel = np.zeros((len(block), 0, MELS), np.float32)
            self._pitch = np.zeros((len(block), 0), np.float32)
        held = np.concatenate([self._held, block], axis=1)
        length = -(-FRAME * sample_rate // SAMPLE_RATE)
        starts = []
        number = self._pitch.shape[1]
        while (start := round(number * self.step * sample_rate) - self._offset) + length <= held.shape[1]:
            starts.append(start)
            number += 1
        if starts:
            self._look(np.stack([held[:, first : first + length] for first in starts], axis=1), sample_rate)
        keep_from = min(start, held.shape[1])
        self._held, self._offset = held[:, keep_from:].copy(), self._offset + keep_from

    def finish(self) -> SoundPicture:
        """The picture; without frames where the recording is shorter than one."""
        return SoundPicture(self.step, self._mel - self._mel.max(initial=-np.inf), self._pitch)

    def _look(self, frames: np.ndarray, sample_rate: int) -> None:
        """Takes frames (channels, k, n) at `sample_rate` Hz."""
        frames = _resample(frames, sample_rate)
        self._mel = np.concatenate([self._mel, _mel_levels(frames)], axis=1)
        pitch = np.stack([pitch_of(channel, SAMPLE_RATE) for channel in frames])
        self._pitch = np.concatenate([self._pitch, pitch], axis=1)
        while self._pitch.shape[1] > MOST_FRAMES:
            self._mel, self._pitch, self.step = self._mel[:, ::2], self._pitch[:, ::2], 2 * self.step


def sound_picture(
    source: AudioSource, duration: float, limits: Limits, progress: Progress | None = None
) -> SoundPicture:
    """Spectrogram and pitch of a recording that is `duration` seconds long; raises what `open_isolated` raises."""
    reader = PictureReader(max(FINEST, duration / MOST_FRAMES))
    with open_isolated(source, limits) as stream:
        seconds = 0.0
        for block in stream.blocks():
            reader.feed(block, stream.info.sample_rate)
            seconds += block.shape[1] / stream.info.sample_rate
            if progress is not None:
                progress(min(seconds, duration), duration)
    return reader.finish()


def _resample(frames: np.ndarray, sample_rate: int) -> np.ndarray:
    """(channels, k, n) at `sample_rate` Hz -> float32 (channels, k, FRAME)."""
    if sample_rate == SAMPLE_RATE:
        return frames
    channels, count, length = frames.shape
    resampled = np.zeros((channels * count, FRAME), dtype=np.float32)
    signals = frames.reshape(-1, length)
    for first in range(0, len(signals), AT_ONCE):
        some = soxr.resample(signals[first : first + AT_ONCE].T, sample_rate, SAMPLE_RATE).T[:, :FRAME]
        resampled[first : first + AT_ONCE, : some.shape[1]] = some
    return resampled.reshape(channels, count, FRAME)


def _mel_levels(frames: np.ndarray) -> np.ndarray:
    """dB of each band, (channels, k, FRAME) -> float32 (channels, k, MELS)."""
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=2)) ** 2
    return np.asarray(10 * np.log10(np.maximum(power @ _filters().T, 1e-10)), dtype=np.float32)


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """Triangular mel filters, (MELS, FRAME // 2 + 1)."""
    from librosa.filters import mel

    return np.asarray(mel(sr=SAMPLE_RATE, n_fft=FRAME, n_mels=MELS))
