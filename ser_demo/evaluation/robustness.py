"""The conditions under which a recogniser is measured again: telephone, low bit rate, noise, a room."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ser_demo.transmission import Sound, mp3, reverberation, telephone

Condition = Callable[[np.ndarray, int, np.random.Generator], Sound]

NOISE_BAND = (50, 8_000)  # Hz; what lies outside would take power without disturbing speech


def pink_noise(samples: np.ndarray, rate: int, rng: np.random.Generator, snr: float) -> Sound:
    """Noise that falls by 3 dB per octave, as of streets and ventilators, `snr` dB below the clip's mean power."""
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    lowest, highest = NOISE_BAND
    shape = np.where((hertz >= lowest) & (hertz <= highest), 1 / np.sqrt(np.maximum(hertz, lowest)), 0)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(samples))) * shape, len(samples))
    wanted = np.mean(samples**2) * 10 ** (-snr / 10)
    return (samples + noise * np.sqrt(wanted / max(np.mean(noise**2), 1e-12))).astype(np.float32), rate


CONDITIONS: dict[str, Condition] = {
    "telephone": telephone,
    "MP3 32 kbit/s": partial(mp3, bit_rate=32),
    "noise 10 dB": partial(pink_noise, snr=10),
    "noise 0 dB": partial(pink_noise, snr=0),
    "reverberation": partial(reverberation, rt60=0.5),  # a furnished living room
}
