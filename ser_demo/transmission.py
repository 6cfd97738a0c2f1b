"""What a recording goes through on its way to a listener: a telephone line, a low bit rate, a room.

Each function takes mono samples (n,) float32 in [-1, 1], their rate in Hz and a generator for what is left to chance,
and gives the samples and the rate that arrive. Training makes clips of them, evaluation measures what they cost.
"""

import io

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

Sound = tuple[np.ndarray, int]

TELEPHONE_RATE = 8_000
TELEPHONE_BAND = (300, 3_400)  # Hz, ITU-T G.712
MP3_RATE = 16_000
MP3_RANGE = (160, 8)  # kbit/s of MPEG-2 layer III at 16 kHz; libsndfile's compression level runs from one to the other


def telephone(samples: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """A telephone line: 8 kHz, 300 to 3400 Hz, G.711 mu-law."""
    band = butter(4, TELEPHONE_BAND, "bandpass", fs=TELEPHONE_RATE, output="sos")
    narrow = sosfilt(band, soxr.resample(samples, rate, TELEPHONE_RATE))
    return _encode(narrow, TELEPHONE_RATE, format="WAV", subtype="ULAW")


def mp3(samples: np.ndarray, rate: int, rng: np.random.Generator, bit_rate: float) -> Sound:
    """MP3 at 16 kHz and a constant `bit_rate` in kbit/s, within `MP3_RANGE`."""
    highest, lowest = MP3_RANGE
    level = (highest - bit_rate) / (highest - lowest)
    mono = soxr.resample(samples, rate, MP3_RATE)
    return _encode(mono, MP3_RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=level)


def reverberation(samples: np.ndarray, rate: int, rng: np.random.Generator, rt60: float, echo: float = 1) -> Sound:
    """A room: the direct sound, and an echo that decays exponentially (Polack, 1988), which makes it longer.

    Args:
        rt60: seconds until the echo has lost 60 dB.
        echo: its amplitude beside that of the direct sound; 1 is equal energy.
    """
    time = np.arange(round(rt60 * rate)) / rate
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / rt60)
    response = echo * tail / np.sqrt(np.sum(tail**2))
    response[0] = 1
    return fftconvolve(samples, response).astype(np.float32), rate


def _encode(samples: np.ndarray, rate: int, **form: str | float) -> Sound:
    """What a lossy coding leaves."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), rate, **form)
    file.seek(0)
    return soundfile.read(file, dtype="float32")
