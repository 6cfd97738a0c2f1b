"""Looks for files that break the decoding, guided by the code that they reach: they may end in AudioError and no other.

    python benchmarks/fuzz_decoding.py corpus -max_total_time=1200       # 20 minutes; a few seconds are among the tests

`corpus` is a folder, made if need be, which keeps what was found to reach new code; options are those of libFuzzer.
Decoding runs in this process, not in one of its own: a crash of a library ends the run and leaves its file.
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent))

with atheris.instrument_imports(include=["ser_demo", "av", "soundfile"]):
    from ser_demo.audio import open_audio
    from ser_demo.errors import AudioError
    from ser_demo.settings import Limits

EXAMPLES = Path(__file__).parent.parent / "examples"
LIMITS = Limits(max_bytes=1024**2, max_seconds=60, max_channels=8)
SEED_BYTES = 20_000  # of each example: its headers and some sound


def decode(content: bytes) -> None:
    """One file, read to its end; anything but an AudioError is a find."""
    try:
        with open_audio(content, LIMITS) as stream:
            for _ in stream.blocks():
                pass
    except AudioError as error:
        assert "/" not in str(error) and "\n" not in str(error), "a message names a path or has lines"


def make_seeds(folder: Path) -> None:
    """The beginnings of the example recordings, one per format."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in EXAMPLES.iterdir():
        if path.suffix in (".flac", ".wav", ".m4a", ".ogg"):
            (folder / path.name).write_bytes(path.read_bytes()[:SEED_BYTES])


if __name__ == "__main__":
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not folders:
        sys.exit(__doc__)
    make_seeds(Path(folders[0]))
    atheris.Setup(sys.argv, decode)
    atheris.Fuzz()
