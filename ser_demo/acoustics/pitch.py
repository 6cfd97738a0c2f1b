"""The pitch of a voice, frame by frame.

YIN after A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111
(2002), equations 6 to 8 and section II.D. librosa has it too, but compiles it for many seconds when it is first called.
"""

import numpy as np

LOWEST, HIGHEST = 65.0, 500.0  # Hz, from a deep man's voice to an excited child's
APERIODIC = 0.2  # normalised difference from which on a frame has no pitch
QUIET = 0.01  # of the loudest frame's level; below that there is only noise
SILENT = 1e-4  # full scale


def pitch_of(frames: np.ndarray, sample_rate: int) -> np.ndarray:
    """The pitch in Hz of each frame, (n, length) float -> (n,) float32; NaN where a frame has none.

    A frame must hold two periods of `LOWEST` or more.
    """
    shortest, longest = int(sample_rate / HIGHEST), int(sample_rate / LOWEST) + 1
    width = frames.shape[1] - longest
    difference = _difference(frames, width, longest)
    # Equation 8: each lag's difference over the mean of those before it.
    lags = np.arange(1, longest + 1)
    normalised = difference[:, 1:] * lags / np.maximum(np.cumsum(difference[:, 1:], axis=1), 1e-12)
    searched = normalised[:, shortest - 1 :]
    below = searched < APERIODIC
    # The first dip under the threshold, and from there down to its lowest point.
    first = np.where(below.any(axis=1), below.argmax(axis=1), searched.argmin(axis=1))
    falling = np.diff(searched, axis=1, append=np.inf) < 0
    reached = np.array([first[i] + np.argmin(falling[i, first[i] :]) for i in range(len(frames))], dtype=int)
    level = np.sqrt((frames**2).mean(axis=1))
    voiced = below.any(axis=1) & (level > max(QUIET * level.max(initial=0.0), SILENT))
    return np.where(voiced, sample_rate / (reached + shortest), np.nan).astype(np.float32)


def _difference(frames: np.ndarray, width: int, longest: int) -> np.ndarray:
    """Equation 6: sum over `width` samples of (x[t] - x[t + lag])^2, for lags 0 to `longest` -> (n, longest + 1)."""
    size = 2 ** int(np.ceil(np.log2(2 * frames.shape[1])))
    whole = np.fft.rfft(frames, size)
    start = np.fft.rfft(frames[:, :width], size)
    correlation = np.fft.irfft(whole * np.conj(start), size)[:, : longest + 1]
    powers = np.cumsum(np.pad(frames.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    lags = np.arange(longest + 1)
    energy = powers[:, width + lags] - powers[:, lags]
    return np.maximum(energy[:, :1] + energy - 2 * correlation, 0.0)
