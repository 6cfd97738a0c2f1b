"""Recordings that the tests share: the examples, and pieces of them."""

from pathlib import Path

import numpy as np

from ser_demo.audio import Resampler, load_audio
from ser_demo.speech import SAMPLE_RATE

EXAMPLES = Path(__file__).parent.parent / "examples"
CALL = EXAMPLES / "call_two_channels.flac"


def at_16_khz(example: str) -> list[np.ndarray]:
    """The channels of an example recording, each (n,) float32 at 16 kHz."""
    recording = load_audio(EXAMPLES / example)
    resampled = []
    for channel in recording.channels:
        resampler = Resampler(recording.sample_rate, SAMPLE_RATE, 1)
        resampled.append(np.concatenate([resampler.feed(channel[None]), resampler.flush()], axis=1)[0])
    return resampled
