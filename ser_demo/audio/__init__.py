"""Audio in: any recording becomes float32 blocks of shape (channels, n) at its own rate, or a typed error.

`open_audio` streams a recording of any length, `open_isolated` does so in a process of its own, `load_audio` holds a
short one, `Resampler` changes the rate on the way. Nothing here knows what the sound is for.
"""

from ser_demo.audio.folder import AUDIO_SUFFIXES, recordings_below
from ser_demo.audio.headers import begins_like_audio, begins_like_no_audio
from ser_demo.audio.isolated import DecodingStoppedError, open_isolated
from ser_demo.audio.resample import Resampler
from ser_demo.audio.source import AudioSource, source_name
from ser_demo.audio.stream import AudioInfo, AudioStream, Recording, load_audio, open_audio

__all__ = [
    "AUDIO_SUFFIXES",
    "AudioInfo",
    "AudioSource",
    "AudioStream",
    "DecodingStoppedError",
    "Recording",
    "Resampler",
    "begins_like_audio",
    "begins_like_no_audio",
    "load_audio",
    "open_audio",
    "open_isolated",
    "recordings_below",
    "source_name",
]
