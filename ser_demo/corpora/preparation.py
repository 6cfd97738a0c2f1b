"""Recordings to training clips: decoded once, brought to one rate, their speech found, the useless set aside."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_demo.audio import Resampler, load_audio
from ser_demo.errors import AudioError
from ser_demo.speech import SAMPLE_RATE, find_speech

SILENCE = 1e-3  # peak amplitude, -60 dBFS, below which a clip holds nothing to learn from
MARGIN = 0.3  # seconds kept around the speech, for crops to vary their edges


@dataclass(frozen=True)
class Clip:
    """One utterance: (n,) int16 at 16 kHz, its speech from sample `start` to sample `end`."""

    samples: np.ndarray
    start: int
    end: int


def prepare_clips(
    table: pd.DataFrame, progress: Callable[[int, int], None]
) -> tuple[pd.DataFrame, list[Clip], dict[str, str]]:
    """Decodes every recording of `table`.

    Returns:
        The rows that can be learnt from, a clip for each, and for every other path the reason why not.
    """
    clips: list[Clip] = []
    kept: list[object] = []
    rejected: dict[str, str] = {}
    for done, (index, path) in enumerate(table["path"].items(), start=1):
        try:
            clips.append(_prepare(path))
            kept.append(index)
        except (AudioError, ValueError) as error:
            rejected[path] = str(error)
        progress(done, len(table))
    return table.loc[kept].reset_index(drop=True), clips, rejected


def _prepare(path: str) -> Clip:
    recording = load_audio(path)
    mono = np.mean(np.stack(recording.channels), axis=0, keepdims=True)
    resampler = Resampler(recording.sample_rate, SAMPLE_RATE, 1)
    samples = np.concatenate([resampler.feed(mono), resampler.flush()], axis=1)[0]
    if np.abs(samples).max(initial=0) < SILENCE:
        raise ValueError("silent")
    regions = find_speech(samples)
    # Whispers and screams can escape the detector; the actor's label still holds for the whole clip.
    start, end = (regions[0].start, regions[-1].end) if regions else (0, len(samples))
    first = max(0, start - round(MARGIN * SAMPLE_RATE))
    last = min(len(samples), end + round(MARGIN * SAMPLE_RATE))
    integers = np.round(np.clip(samples[first:last], -1, 1) * 32767).astype(np.int16)
    return Clip(integers, start - first, end - first)
