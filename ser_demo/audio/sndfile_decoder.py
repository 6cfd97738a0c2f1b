"""Decoding with libsndfile."""

import numpy as np
import soundfile

from ser_demo.audio.headers import cut_too_early, present_share
from ser_demo.audio.interrupts import interrupts_held
from ser_demo.audio.source import SourceFile


class SndfileDecoder:
    """A recording that libsndfile reads."""

    def __init__(self, sound: soundfile.SoundFile, declared_seconds: float) -> None:
        self._sound = sound
        self.sample_rate: int = sound.samplerate
        self.channel_count: int = sound.channels
        self.declared_seconds: float | None = declared_seconds
        self.container: str = sound.format.lower()
        self.track_count = 1
        self.damaged = False

    @interrupts_held()
    def read(self, frame_count: int) -> np.ndarray:
        samples = np.empty((frame_count, self.channel_count), np.float32)
        start = self._sound.tell()
        try:
            count = len(self._sound.read(out=samples))
        except soundfile.LibsndfileError:
            self.damaged = True
            count = max(0, self._sound.tell() - start)  # what was decoded before the damage is in place
        return np.ascontiguousarray(samples[:count].T)

    @interrupts_held()
    def close(self) -> None:
        self._sound.close()


@interrupts_held()
def open_sndfile(file: SourceFile) -> SndfileDecoder | None:
    """A decoder, or None where libsndfile does not know the format or finds no samples in it, or cannot seek in them.

    Raises TruncatedAudioError where samples are declared and none is there.
    """
    share = present_share(file)
    if share == 0:
        raise cut_too_early(file)
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        return None
    # What cannot be sought in, libsndfile cannot say where it is in either.
    if sound.frames <= 0 or sound.samplerate <= 0 or not sound.seekable():
        sound.close()
        return None
    return SndfileDecoder(sound, declared_seconds=sound.frames / sound.samplerate / share)
