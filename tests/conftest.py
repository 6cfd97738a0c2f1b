"""What several test files share: a recogniser, the page on a loopback port, and a folder of labelled recordings."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.settings import Limits, Settings

# Small, so that a recording can exceed each of them.
SMALL = Settings(limits=Limits(max_bytes=2_000_000, max_seconds=60, max_channels=3))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def recognizer() -> EmotionRecognizer:
    return EmotionRecognizer(settings=SMALL)


@pytest.fixture(scope="session")
def page_address(recognizer: EmotionRecognizer) -> Iterator[str]:
    """Where the page is served."""
    from ser_demo.ui import build_page, launch

    page = build_page(recognizer, SMALL)
    yield launch(page, SMALL, free_port())
    page.close(verbose=False)


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pieces of the example call under names of RAVDESS (train 02, dev 04, test 01) and CREMA-D, one of them broken."""
    folder = tmp_path_factory.mktemp("corpora")
    agent, customer = at_16_khz("call_two_channels.flac")
    starts = (0, 16_000, 32_000, 48_000)
    pieces = [
        channel[i : i + 24_000] for channel in (agent[8_000:80_000], customer[95_000:150_000]) for i in starts[:2]
    ]
    for actor in ("02", "04", "01"):
        for number, piece in enumerate(pieces):
            emotion = "05" if number > 1 else "02"
            shifted = np.roll(piece, int(actor) * 100)  # no two clips are the same
            soundfile.write(folder / f"03-01-{emotion}-01-01-0{number % 2 + 1}-{actor}.wav", shifted, 16_000)
    for actor in ("1040", "1020", "1001"):
        for emotion, piece in (("ANG", pieces[2]), ("NEU", pieces[0])):
            soundfile.write(folder / f"{actor}_IEO_{emotion}_XX.wav", np.roll(piece, int(actor)), 16_000)
    (folder / "1041_IEO_NEU_XX.wav").write_bytes(b"broken")
    soundfile.write(folder / "1042_IEO_NEU_XX.wav", np.zeros(16_000), 16_000)
    return folder
