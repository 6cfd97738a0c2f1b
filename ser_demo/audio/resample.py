"""Changing the sample rate of a stream of blocks."""

import numpy as np
import soxr


class Resampler:
    """Resamples blocks that follow each other, as if they were one signal.

    Feed every block in order, then flush once; the outputs joined have round(n * to_rate / from_rate)
    samples, give or take one. Rates are in Hz; equal rates pass the samples through.
    """

    def __init__(self, from_rate: int, to_rate: int, channel_count: int) -> None:
        self._channel_count = channel_count
        self._stream = None
        if from_rate != to_rate:
            self._stream = soxr.ResampleStream(from_rate, to_rate, channel_count, dtype="float32")

    def feed(self, block: np.ndarray) -> np.ndarray:
        """float32 (channels, m) for a block of float32 (channels, n); some samples are held back at first."""
        return block if self._stream is None else self._resample(block, last=False)

    def flush(self) -> np.ndarray:
        """The samples held back, float32 (channels, m); nothing may be fed afterwards."""
        nothing = np.empty((self._channel_count, 0), np.float32)
        return nothing if self._stream is None else self._resample(nothing, last=True)

    def _resample(self, block: np.ndarray, last: bool) -> np.ndarray:
        assert self._stream is not None
        # soxr wants (n, channels), one sample of every channel next to each other in memory.
        resampled: np.ndarray = self._stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
        return np.ascontiguousarray(resampled.T)
