"""Samples that are already in memory, of any usual type and shape, as a decoder."""

import numpy as np

from ser_demo.errors import NoSamplesError, NotAudioError


class ArrayDecoder:
    """Reads (samples, sample rate in Hz), the samples of shape (n,), (channels, n) or (n, channels): see `AudioSource`.

    Raises NotAudioError for other shapes and types and NoSamplesError for an array without samples.
    """

    def __init__(self, source: tuple[np.ndarray, float], name: str) -> None:
        if len(source) != 2:
            raise NotAudioError(name, f"it is a tuple of {len(source)}", "Pass (samples, sample_rate)")
        try:
            samples, sample_rate = np.asarray(source[0]), source[1]
        except (ValueError, TypeError, RuntimeError) as error:  # as of rows of different lengths
            raise NotAudioError(
                name, "its samples make no array", "Pass numbers, as many in each channel as in the others"
            ) from error
        if samples.ndim not in (1, 2):
            raise NotAudioError(
                name,
                f"its samples are an array of {samples.ndim} dimensions",
                "Pass (samples, sample_rate) with samples of shape (n,) or (channels, n)",
            )
        if samples.dtype.kind != "f" and samples.dtype.name not in ("uint8", "int8", "int16", "int32"):
            raise NotAudioError(
                name,
                f"its samples are of type {samples.dtype.name}",
                "Pass floats between -1 and 1, or int16, int32 or uint8",
            )
        if not isinstance(sample_rate, int | float | np.number) or sample_rate % 1 != 0:
            raise NotAudioError(
                name,
                "its sample rate is not a whole number",
                "Pass (samples, sample_rate) with the rate in Hz",
            )
        if samples.size == 0:
            raise NoSamplesError(name, "it has no samples", "Pass at least one")
        self._samples = _channels_first(samples)
        self._position = 0
        self.channel_count, frame_count = self._samples.shape
        self.sample_rate = int(sample_rate)
        self.declared_seconds = frame_count / self.sample_rate if self.sample_rate > 0 else None
        self.container = "array"
        self.track_count = 1
        self.damaged = False

    def read(self, frame_count: int) -> np.ndarray:
        start, self._position = self._position, self._position + frame_count
        return to_float(self._samples[:, start : self._position])

    def close(self) -> None:
        pass


def to_float(samples: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1] from integers of full scale; floats keep their values. Always a copy."""
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore"):  # too large is infinite
            return samples.astype(np.float32)
    middle = 128 if samples.dtype == np.uint8 else 0
    full_scale = 2.0 ** (8 * samples.dtype.itemsize - 1)
    return ((samples.astype(np.float64) - middle) / full_scale).astype(np.float32)


def _channels_first(samples: np.ndarray) -> np.ndarray:
    if samples.ndim == 1:
        return samples[np.newaxis]
    return samples if samples.shape[0] <= samples.shape[1] else samples.T
