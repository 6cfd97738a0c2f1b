"""A copy of a recording that every browser plays, for the formats that some do not: AMR, WMA, AIFF and the like."""

from pathlib import Path

import soundfile

from ser_demo.audio import open_isolated
from ser_demo.settings import Limits


def playable_copy(path: Path, folder: Path, limits: Limits) -> Path:
    """The recording as FLAC in `folder`, made block by block, and once only.

    `path` is an upload, whose own folder is named after its content. Raises what `open_isolated` raises.
    """
    copy = folder / "playable" / path.parent.name / f"{path.name}.flac"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        unfinished = copy.with_suffix(".part")
        with open_isolated(path, limits) as stream:
            kind = {"samplerate": stream.info.sample_rate, "channels": stream.info.channel_count}
            with soundfile.SoundFile(unfinished, "w", **kind, subtype="PCM_16", format="FLAC") as file:
                for block in stream.blocks():
                    file.write(block.T)
        unfinished.rename(copy)
    return copy
