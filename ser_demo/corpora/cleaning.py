"""One recording to training clips: judged, trimmed to its speech, brought to one level, cut where it is long."""

from dataclasses import dataclass

import numpy as np

from ser_demo.audio import Resampler, load_audio
from ser_demo.speech import SAMPLE_RATE, Region, find_speech
from ser_demo.windows import MARGIN, WindowBuilder, at_level

SILENCE = 1e-3  # peak amplitude, -60 dBFS, below which a recording holds nothing to hear
SILENT = "silent"  # the reason to set such a recording aside
MIN_CLIP = 0.3  # seconds of speech; less is a syllable, whose emotion nobody can tell
MAX_CLIP = 6.0  # seconds of a single sentence with its pauses; what is longer is cut into windows
# Hundreds of clips of CREMA-D and EmoDB touch full scale and sound well: at most 2 % of their speech lies there. Where
# it is 5 %, every cycle of the voice is flattened.
RAIL = 0.98  # amplitude; resampling and coding move a clipped sample a little
MOST_AT_RAIL = 0.05  # as a share of the speech's samples


class UselessError(Exception):
    """Nothing can be learnt from a recording; the text says why, for a list of such recordings."""


@dataclass(frozen=True)
class Clip:
    """One utterance: (n,) int16 at 16 kHz, its speech from sample `start` to sample `end`."""

    samples: np.ndarray
    start: int
    end: int


@dataclass(frozen=True)
class Cleaned:
    """What is left of a recording.

    Attributes:
        clips: one, or the windows of a long recording.
        starts, ends: of each clip's speech, in seconds of the recording.
        duration: of the recording, in seconds.
        level: of its speech as it was recorded, in dBFS.
    """

    clips: list[Clip]
    starts: list[float]
    ends: list[float]
    duration: float
    level: float


def load_mono(path: str) -> np.ndarray:
    """A recording as (n,) float32 at 16 kHz, its channels mixed.

    Raises:
        AudioError: it cannot be read.
    """
    recording = load_audio(path)
    mono = np.mean(np.stack(recording.channels), axis=0, keepdims=True)
    resampler = Resampler(recording.sample_rate, SAMPLE_RATE, 1)
    return np.concatenate([resampler.feed(mono), resampler.flush()], axis=1)[0]


def is_silent(samples: np.ndarray) -> bool:
    """Whether a recording, (n,) float32, holds no sound."""
    return float(np.abs(samples).max(initial=0)) < SILENCE


def clean(samples: np.ndarray) -> Cleaned:
    """Clips of (n,) float32 at 16 kHz, each with up to `MARGIN` seconds around its speech, for crops to vary edges.

    Raises:
        UselessError: silent, with too little speech, or clipped throughout.
    """
    if is_silent(samples):
        raise UselessError(SILENT)
    regions = find_speech(samples)
    # Whispers and screams can escape the detector; the actor's label still holds for the whole of a short recording.
    heard = regions or [Region(0, len(samples))]
    speech = np.concatenate([samples[region.start : region.end] for region in heard])
    if len(speech) < MIN_CLIP * SAMPLE_RATE:
        raise UselessError(f"too little speech: {len(speech) / SAMPLE_RATE:.2f} s")
    if np.mean(np.abs(speech) >= RAIL) > MOST_AT_RAIL:
        raise UselessError("clipped throughout")
    power = float(np.mean(speech.astype(np.float64) ** 2))
    stretches = _stretches(regions, len(samples))
    return Cleaned(
        clips=[_cut(samples, start, end) for start, end in stretches],
        starts=[start / SAMPLE_RATE for start, _ in stretches],
        ends=[end / SAMPLE_RATE for _, end in stretches],
        duration=len(samples) / SAMPLE_RATE,
        level=10 * np.log10(max(power, 1e-12)),
    )


def _stretches(regions: list[Region], length: int) -> list[tuple[int, int]]:
    """First and last sample of what becomes a clip each, at most `MAX_CLIP` seconds."""
    start, end = (regions[0].start, regions[-1].end) if regions else (0, length)
    if end - start <= MAX_CLIP * SAMPLE_RATE:
        return [(start, end)]
    builder = WindowBuilder()
    windows = builder.feed(regions) + builder.finish()
    if not windows:
        raise UselessError(f"too little speech: {length / SAMPLE_RATE:.0f} s with nothing but short words in it")
    return [(window.start, window.end) for window in windows]


def _cut(samples: np.ndarray, start: int, end: int) -> Clip:
    margin = round(MARGIN * SAMPLE_RATE)
    first, last = max(0, start - margin), min(len(samples), end + margin)
    levelled = at_level(samples[first:last], start - first, end - first)
    return Clip(np.round(levelled * 32767).astype(np.int16), start - first, end - first)
