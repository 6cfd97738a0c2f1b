"""What makes one training clip many: random changes that keep the emotion, drawn anew each time a clip is used.

Waveforms are (n,) float32 at 16 kHz, features (frames, bands) float32. Every function takes its chance from the
generator that is passed in, so that a seed reproduces a training. Where a change is one of audiomentations' it is used
from there; speed (a resampling), rooms without recorded impulse responses, G.711 and spectrogram changes it lacks.
"""

import random
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import soxr

from ser_demo.speech import SAMPLE_RATE
from ser_demo.transmission import Sound, mp3, reverberation, telephone

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

MAX_CROP = 4.0  # seconds

# What can be asked for by name; the first group changes waveforms and carries its chance per clip, unless the name says
# another one, as in "noise:0.5". "join" needs two clips: `dataset.ClipDataset` does it.
CHANCES = {
    "join": 0.5, "stretch": 0.2, "pitch": 0.2, "speed": 0.6, "wide-speed": 0.6, "shift": 0.3, "gain": 0.3, "room": 0.25,
    "noise": 0.6, "telephone": 0.3, "codec": 0.2,
}  # fmt: skip
AUGMENTATIONS = (*CHANCES, "frequency-shift", "specaugment", "mixup")
DEFAULT_AUGMENTATIONS = ("join", "wide-speed", "room", "noise", "telephone", "codec")


def crop(samples: np.ndarray, start: int, end: int, rng: np.random.Generator) -> np.ndarray:
    """The speech from `start` to `end` with edges moved outwards by chance, at most `MAX_CROP` seconds of it."""
    first = int(rng.integers(0, start + 1))
    last = int(rng.integers(end, len(samples) + 1))
    longest = round(MAX_CROP * SAMPLE_RATE)
    if last - first > longest:
        first += int(rng.integers(0, last - first - longest + 1))
    return samples[first : min(last, first + longest)]


def augment_waveform(samples: np.ndarray, names: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Each of the changes of one waveform among `names`, in the order of `CHANCES`, with its chance."""
    chances = chances_of(names)
    for name, change in _changes().items():
        if name in chances and rng.random() < chances[name]:
            samples = change(samples, rng)
    return samples


def chances_of(names: Sequence[str]) -> dict[str, float]:
    """How often each of the waveform changes among `names` happens to a clip, 0 to 1.

    Raises:
        ValueError: a name is unknown, or with a chance that is none or that it cannot have.
    """
    chances = {}
    for name, separator, chance in (text.partition(":") for text in names):
        if name not in AUGMENTATIONS:
            raise ValueError(f"no such augmentation: {name}: choose of {', '.join(AUGMENTATIONS)}")
        if separator and name not in CHANCES:
            raise ValueError(f"{name}:{chance}: {name} takes no chance, write it alone")
        if separator and not _is_chance(chance):
            raise ValueError(f"{name}:{chance}: the chance that follows {name} is between 0 and 1")
        if name in CHANCES:
            chances[name] = float(chance) if separator else CHANCES[name]
    return chances


def _is_chance(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def change_speed(
    samples: np.ndarray, rng: np.random.Generator, slowest: float = 0.9, fastest: float = 1.1
) -> np.ndarray:
    """Faster or slower, pitch and formants along with it, as of another speaker."""
    return soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE / rng.uniform(slowest, fastest), quality="MQ")


def add_room(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The clip as heard in a room: RT60 of 0.15 to 0.6 s, direct sound 0 to 12 dB above the echo."""
    rt60, echo = rng.uniform(0.15, 0.6), 10 ** (-rng.uniform(0, 12) / 20)
    return reverberation(samples, SAMPLE_RATE, rng, rt60, echo)[0][: len(samples)]


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
        "wide-speed": partial(change_speed, slowest=0.85, fastest=1.18),
        "shift": _from_audiomentations(audiomentations.Shift(-0.3, 0.3, "seconds", rollover=False, p=1)),
        "gain": _from_audiomentations(audiomentations.Gain(-12, 6, p=1)),
        "room": add_room,
        "noise": _from_audiomentations(audiomentations.AddColorNoise(0, 30, -6, 0, p=1)),  # white to brown
        "telephone": _transmitted(telephone),
        "codec": _transmitted(partial(mp3, bit_rate=24)),
    }


def _from_audiomentations(transform: Callable[..., np.ndarray]) -> Change:
    def change(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        # audiomentations draws from Python's and NumPy's global generators.
        seed = int(rng.integers(2**32))
        random.seed(seed)
        np.random.seed(seed)
        return transform(samples, SAMPLE_RATE)

    return change


def _transmitted(transmit: Callable[..., Sound]) -> Change:
    def change(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        heard, rate = transmit(samples, SAMPLE_RATE, rng)
        return heard if rate == SAMPLE_RATE else soxr.resample(heard, rate, SAMPLE_RATE)

    return change
