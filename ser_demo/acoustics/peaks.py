"""The waveform as peaks: the largest amplitude in each of a bounded number of equal steps of time."""

import numpy as np

FINEST = 0.005  # seconds per peak, as long as they fit
MOST = 16_384  # peaks per channel; two neighbours become one whenever there are more


class PeakReader:
    """Peaks of a recording of unknown length, while it is being read.

    Call `feed` with consecutive blocks, then `finish` once.
    """

    def __init__(self) -> None:
        self._peaks = np.zeros((0, 0), dtype=np.float32)
        self._rest = np.zeros((0, 0), dtype=np.float32)
        self._hop = 0  # samples per peak
        self._sample_rate = 1

    @property
    def step(self) -> float:
        """Seconds per peak."""
        return self._hop / self._sample_rate

    def feed(self, block: np.ndarray, sample_rate: int) -> None:
        """Takes the next samples, float of shape (channels, n) at `sample_rate` Hz, the same in every call."""
        if not self._hop:
            self._hop, self._sample_rate = max(1, round(FINEST * sample_rate)), sample_rate
            self._peaks = self._rest = np.zeros((len(block), 0), dtype=np.float32)
        samples = np.concatenate([self._rest, np.abs(block)], axis=1)
        whole = samples.shape[1] // self._hop * self._hop
        self._rest = samples[:, whole:]
        new = samples[:, :whole].reshape(len(samples), -1, self._hop).max(axis=2)
        self._peaks = np.concatenate([self._peaks, new], axis=1)
        while self._peaks.shape[1] > MOST:
            self._halve()

    def finish(self) -> np.ndarray:
        """The peaks, float32 of shape (channels, n) with n <= MOST + 1."""
        if not self._rest.shape[1]:
            return self._peaks
        return np.concatenate([self._peaks, self._rest.max(axis=1, keepdims=True)], axis=1)

    def _halve(self) -> None:
        even = self._peaks.shape[1] // 2 * 2
        # The odd one waits with the samples for its neighbour; as often as it has samples, it counts for them.
        self._rest = np.concatenate([np.repeat(self._peaks[:, even:], self._hop, axis=1), self._rest], axis=1)
        self._peaks = self._peaks[:, :even].reshape(len(self._peaks), -1, 2).max(axis=2)
        self._hop *= 2
