"""What makes one training clip many: random changes that keep the emotion, drawn anew each time a clip is used.

Waveforms are (n,) float32 at 16 kHz, features (frames, bands) float32. Every function takes its chance from the
generator that is passed in, so that a seed reproduces a training. Where a change is one of audiomentations' it is used
from there; speed (a resampling), rooms without recorded impulse responses, G.711 and spectrogram changes it lacks.
"""

import io
import random
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import scipy.signal
import soundfile
import soxr

from ser_demo.speech import SAMPLE_RATE

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

MAX_CROP = 4.0  # seconds
TELEPHONE_RATE = 8000
TELEPHONE_BAND = scipy.signal.butter(4, (300, 3400), "bandpass", fs=TELEPHONE_RATE, output="sos")
LOWEST_BITRATE = 0.9  # of libsndfile's MP3 at 16 kHz: about 24 kbit/s

# What can be asked for by name; the first group changes waveforms and carries its chance per clip.
CHANCES = {
    "stretch": 0.2, "pitch": 0.2, "speed": 0.6, "shift": 0.3, "gain": 0.3, "room": 0.1, "noise": 0.35,
    "telephone": 0.15, "codec": 0.1,
}  # fmt: skip
AUGMENTATIONS = (*CHANCES, "frequency-shift", "specaugment", "mixup")
DEFAULT_AUGMENTATIONS = (
    "speed", "room", "noise", "telephone", "codec", "frequency-shift", "specaugment", "mixup"
)  # fmt: skip


def crop(samples: np.ndarray, start: int, end: int, rng: np.random.Generator) -> np.ndarray:
    """The speech from `start` to `end` with edges moved outwards by chance, at most `MAX_CROP` seconds of it."""
    first = int(rng.integers(0, start + 1))
    last = int(rng.integers(end, len(samples) + 1))
    longest = round(MAX_CROP * SAMPLE_RATE)
    if last - first > longest:
        first += int(rng.integers(0, last - first - longest + 1))
    return samples[first : min(last, first + longest)]


def augment_waveform(samples: np.ndarray, names: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Each of the waveform changes among `names`, in the order of `CHANCES`, with its chance."""
    for name, chance in CHANCES.items():
        if name in names and rng.random() < chance:
            samples = _changes()[name](samples, rng)
    return samples


def change_speed(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Faster or slower by up to 10 %, pitch and formants along with it, as of another speaker."""
    return soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / rng.uniform(0.9, 1.1), quality="MQ")


def add_room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The clip as heard in a room: a decaying noise as impulse response (Polack, 1988), RT60 of 0.15 to 0.6 s."""
    reverberation = rng.uniform(0.15, 0.6)
    time = np.arange(round(reverberation * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / reverberation)
    tail *= 10 ** (-rng.uniform(0, 12) / 20) / np.sqrt(np.sum(tail**2))  # direct sound 0 to 12 dB above the tail
    tail[0] += 1
    return scipy.signal.fftconvolve(samples, tail)[: len(samples)].astype(np.float32)


def to_telephone(samples: np.ndarray) -> np.ndarray:
    """What a telephone line leaves: 8 kHz, 300 to 3400 Hz, G.711 mu-law."""
    narrow = scipy.signal.sosfilt(TELEPHONE_BAND, soxr.resample(samples, SAMPLE_RATE, TELEPHONE_RATE, quality="MQ"))
    heard = _encoded(narrow, TELEPHONE_RATE, "WAV", "ULAW")
    return soxr.resample(heard, TELEPHONE_RATE, SAMPLE_RATE, quality="MQ")


def to_codec(samples: np.ndarray) -> np.ndarray:
    """What MP3 of about 24 kbit/s leaves."""
    return _encoded(samples, SAMPLE_RATE, "MP3", "MPEG_LAYER_III", compression_level=LOWEST_BITRATE)[: len(samples)]


def augment_features(features: np.ndarray, names: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """The changes of a spectrogram among `names`, in place; what they hide gets the clip's lowest value.

    "frequency-shift" moves it by up to 4 bands. "specaugment" (Park et al., 2019) puts two masks in time, each of at
    most 30 frames and a fifth of the clip, and two in frequency, each of at most 16 bands.
    """
    length, bands = features.shape
    fill = features.min()
    if "frequency-shift" in names:
        shift = int(rng.integers(-4, 5))
        features[:] = np.roll(features, shift, axis=1)
        features[:, : max(shift, 0)] = fill
        features[:, bands + min(shift, 0) :] = fill
    if "specaugment" in names:
        for _ in range(2):
            width = rng.integers(0, min(30, length // 5) + 1)
            first = rng.integers(0, length - width + 1)
            features[first : first + width] = fill
            width = rng.integers(0, min(16, bands // 4) + 1)
            first = rng.integers(0, bands - width + 1)
            features[:, first : first + width] = fill
    return features


@cache
def _changes() -> dict[str, Change]:
    import audiomentations

    return {
        "stretch": _from_audiomentations(audiomentations.TimeStretch(0.85, 1.15, leave_length_unchanged=False, p=1)),
        "pitch": _from_audiomentations(audiomentations.PitchShift(-2, 2, p=1)),
        "speed": change_speed,
        "shift": _from_audiomentations(audiomentations.Shift(-0.3, 0.3, "seconds", rollover=False, p=1)),
        "gain": _from_audiomentations(audiomentations.Gain(-12, 6, p=1)),
        "room": add_room,
        "noise": _from_audiomentations(audiomentations.AddColorNoise(3, 30, -6, 0, p=1)),  # white to brown
        "telephone": lambda samples, rng: to_telephone(samples),
        "codec": lambda samples, rng: to_codec(samples),
    }


def _from_audiomentations(transform: Callable[..., np.ndarray]) -> Change:
    def change(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        # audiomentations draws from Python's and NumPy's global generators.
        seed = int(rng.integers(2**32))
        random.seed(seed)
        np.random.seed(seed)
        return transform(samples, SAMPLE_RATE)

    return change


def _encoded(samples: np.ndarray, rate: int, container: str, coding: str, **settings: float) -> np.ndarray:
    """What is left of the samples after a lossy coding."""
    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1, 1), rate, format=container, subtype=coding, **settings)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]
