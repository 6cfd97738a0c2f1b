"""What happens to recordings on their way: telephones, low bit rates, noise and rooms, each as a pure function.

A condition takes mono samples (n,) float32, their rate in Hz and a generator for whatever is left to chance, and gives
the samples and the rate that a listener at the other end would get.
"""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

Sound = tuple[np.ndarray, int]
Condition = Callable[[np.ndarray, int, np.random.Generator], Sound]

TELEPHONE_RATE = 8_000
TELEPHONE_BAND = (300, 3_400)  # Hz, ITU-T G.712
MP3_RATE = 16_000
MP3_RANGE = (160, 8)  # kbit/s of MPEG-2 layer III at 16 kHz; libsndfile's compression level runs from one to the other
MP3_BIT_RATE = 32  # kbit/s
NOISE_BAND = (50, 8_000)  # Hz; what lies outside would take power without disturbing speech
RT60 = 0.5  # seconds until a room's echo has lost 60 dB: a furnished living room


def telephone(samples: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """A telephone line: 8 kHz, 300 to 3400 Hz, G.711 mu-law."""
    band = butter(4, TELEPHONE_BAND, "bandpass", fs=TELEPHONE_RATE, output="sos")
    narrow = sosfilt(band, soxr.resample(samples, rate, TELEPHONE_RATE))
    return _encode(narrow, TELEPHONE_RATE, format="WAV", subtype="ULAW")


def mp3(samples: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """MP3 at a constant 32 kbit/s and 16 kHz."""
    highest, lowest = MP3_RANGE
    level = (highest - MP3_BIT_RATE) / (highest - lowest)
    mono = soxr.resample(samples, rate, MP3_RATE)
    return _encode(mono, MP3_RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=level)


def pink_noise(samples: np.ndarray, rate: int, rng: np.random.Generator, snr: float) -> Sound:
    """Noise that falls by 3 dB per octave, as of streets and ventilators, `snr` dB below the clip's mean power."""
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    lowest, highest = NOISE_BAND
    shape = np.where((hertz >= lowest) & (hertz <= highest), 1 / np.sqrt(np.maximum(hertz, lowest)), 0)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(samples))) * shape, len(samples))
    wanted = np.mean(samples**2) * 10 ** (-snr / 10)
    return (samples + noise * np.sqrt(wanted / max(np.mean(noise**2), 1e-12))).astype(np.float32), rate


def reverberation(samples: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """A room: the direct sound, and an echo of equal energy that decays exponentially (Polack, 1988)."""
    time = np.arange(round(RT60 * rate)) / rate
    echo = rng.standard_normal(len(time)) * 10 ** (-3 * time / RT60)
    response = echo / np.sqrt(np.sum(echo**2))
    response[0] = 1
    return fftconvolve(samples, response).astype(np.float32), rate


CONDITIONS: dict[str, Condition] = {
    "telephone": telephone,
    "MP3 32 kbit/s": mp3,
    "noise 10 dB": partial(pink_noise, snr=10),
    "noise 0 dB": partial(pink_noise, snr=0),
    "reverberation": reverberation,
}


def _encode(samples: np.ndarray, rate: int, **form: str | float) -> Sound:
    """What a lossy coding leaves."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), rate, **form)
    file.seek(0)
    return soundfile.read(file, dtype="float32")
