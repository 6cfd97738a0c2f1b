"""Audio in: any recording becomes float32 blocks of shape (channels, n) at its own rate, or a typed error.

`open_audio` streams a recording of any length, `load_audio` holds a short one, `Resampler` changes the rate
on the way. Nothing here knows what the sound is for.
"""

from ser_demo.audio.resample import Resampler
from ser_demo.audio.source import AudioSource
from ser_demo.audio.stream import AudioInfo, AudioStream, Recording, load_audio, open_audio

__all__ = ["AudioInfo", "AudioSource", "AudioStream", "Recording", "Resampler", "load_audio", "open_audio"]
