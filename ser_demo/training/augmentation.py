"""What makes one training clip many: random changes that keep the emotion, drawn anew each time a clip is used.

Waveforms are (n,) float32 at 16 kHz, log-mel frames (frames, bands) float32. Every function takes its chance from the
generator that is passed in, so that a seed reproduces a training.
"""

import numpy as np
import scipy.signal
import soxr

from ser_demo.speech import SAMPLE_RATE

MAX_CROP = 4.0  # seconds
TELEPHONE_BAND = scipy.signal.butter(4, (300, 3400), "bandpass", fs=SAMPLE_RATE, output="sos")


def crop(samples: np.ndarray, start: int, end: int, rng: np.random.Generator) -> np.ndarray:
    """The speech from `start` to `end` with edges moved outwards by chance, at most `MAX_CROP` seconds of it."""
    first = int(rng.integers(0, start + 1))
    last = int(rng.integers(end, len(samples) + 1))
    longest = round(MAX_CROP * SAMPLE_RATE)
    if last - first > longest:
        first += int(rng.integers(0, last - first - longest + 1))
    return samples[first : min(last, first + longest)]


def augment_waveform(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Speed (and pitch with it) by up to 10 %, noise on a third of the clips, the telephone band on a tenth."""
    if rng.random() < 0.6:
        samples = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / rng.uniform(0.9, 1.1), quality="MQ")
    if rng.random() < 0.3:
        samples = add_noise(samples, rng.uniform(8, 35), rng)
    if rng.random() < 0.1:
        samples = scipy.signal.sosfilt(TELEPHONE_BAND, samples).astype(np.float32)
    return samples


def add_noise(samples: np.ndarray, snr: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of a random colour, between white and brown, `snr` decibels below the clip's mean power."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, len(samples))
    power = np.mean(samples**2) / max(float(np.mean(noise**2)), 1e-12)
    return (samples + noise * np.sqrt(power * 10 ** (-snr / 10))).astype(np.float32)


def augment_frames(frames: np.ndarray, fill: float, rng: np.random.Generator) -> np.ndarray:
    """Frequency shift by up to 4 bands, then SpecAugment (Park et al., 2019): two masks each in time and frequency."""
    length, bands = frames.shape
    shift = rng.integers(-4, 5)
    frames = np.roll(frames, shift, axis=1)
    frames[:, : max(shift, 0)] = fill
    frames[:, bands + min(shift, 0) :] = fill
    for _ in range(2):
        width = rng.integers(0, min(30, length // 5) + 1)
        first = rng.integers(0, length - width + 1)
        frames[first : first + width] = fill
        width = rng.integers(0, 17)
        first = rng.integers(0, bands - width + 1)
        frames[:, first : first + width] = fill
    return frames
