"""What several test files share: a recogniser, the page on a loopback port, and a folder of labelled recordings."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is loaded: each of several processes has one processor
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import torch
from recordings import CALL, EXAMPLES, at_16_khz

from ser_demo import EmotionRecognizer
from ser_demo.api import Service
from ser_demo.audio import open_isolated
from ser_demo.settings import Limits, Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
def speech() -> dict[str, torch.Tensor]:
    """What the embedded network hears of four clips."""
    from ser_demo.whisper.feature_extraction_ser_whisper import SerWhisperFeatureExtractor

    agent, customer = at_16_khz("call_two_channels.flac")
    clips = [agent[8_000:40_000], agent[40_000:80_000], customer[95_000:120_000], customer[300_000:370_000]]
    return dict(SerWhisperFeatureExtractor()(clips, sampling_rate=16_000, return_tensors="pt"))


@pytest.fixture(scope="session")
def page_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page and the service are served, as `serve` does."""
    from service_server import working

    from ser_demo.ui import build_page, launch

    settings = replace(SMALL, state_dir=tmp_path_factory.mktemp("state"))
    isolated = EmotionRecognizer(settings=settings, open_audio=open_isolated)
    page = build_page(isolated, settings)
    with working(isolated, settings):
        yield launch(page, settings, free_port(), Service(settings, workers=None))
        page.close(verbose=False)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from browsing import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: "Browser", page_address: str) -> Iterator["Page"]:
    from browsing import visit

    with visit(browser, page_address) as page:
        yield page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two recordings, one of them in a sub-folder, a broken one, and what is no recording."""
    (tmp_path / "in" / "week 1").mkdir(parents=True)
    (tmp_path / "in" / "call.flac").write_bytes(CALL.read_bytes())
    (tmp_path / "in" / "week 1" / "sad.flac").write_bytes((EXAMPLES / "sad_voice.flac").read_bytes())
    (tmp_path / "in" / "broken.wav").write_text("this is no recording")
    (tmp_path / "in" / "notes.txt").write_text("Call them back.")
    (tmp_path / "in" / "._call.flac").write_bytes(b"")
    return tmp_path / "in"


@pytest.fixture
def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sub-folder of `folder`, which may not be read: chmod would not stop the superuser of many test machines."""
    closed, scandir = folder / "week 1", os.scandir

    def refuse(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return closed


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
