"""A copy of a recording that every browser plays, for the formats that some do not: AMR, WMA, AIFF and the like."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import soundfile

from ser_demo.api.body_bound import RESERVE
from ser_demo.audio import AudioStream, Resampler, open_isolated
from ser_demo.errors import AudioError
from ser_demo.settings import Limits

HIGHEST_RATE = 48_000  # Hz; more is heard by nobody, and beyond 655,350 there is no FLAC


class NoRoomError(AudioError):
    """The copy would take what uploads and tasks need: a small file of hours can become gigabytes."""


def playable_copy(path: Path, folder: Path, limits: Limits) -> Path:
    """The recording as FLAC in `folder`, made block by block, and once only.

    `path` is an upload, whose own folder is named after its content. Raises NoRoomError, and what `open_isolated` and
    `AudioStream.blocks` raise.
    """
    copy = folder / "playable" / path.parent.name / f"{path.name}.flac"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        # In a folder of its own: somebody else may make the same copy meanwhile, and half of one is left by nobody.
        with TemporaryDirectory(dir=copy.parent) as folder_of_its_own:
            unfinished = Path(folder_of_its_own) / copy.name
            with open_isolated(path, limits) as stream:
                _write(stream, unfinished)
            unfinished.replace(copy)
    return copy


def _write(stream: AudioStream, path: Path) -> None:
    rate, channels = min(stream.info.sample_rate, HIGHEST_RATE), stream.info.channel_count
    resampler = Resampler(stream.info.sample_rate, rate, channels)
    with soundfile.SoundFile(path, "w", rate, channels, subtype="PCM_16", format="FLAC") as file:
        for block in stream.blocks():
            if shutil.disk_usage(path.parent).free < RESERVE:
                problem = "the server has no room for a copy of it that your browser can play"
                raise NoRoomError(stream.info.name, problem, "Try again later")
            file.write(resampler.feed(block).T)
        file.write(resampler.flush().T)
