"""The page on a loopback port, for the tests of the server and of the browser."""

import socket
from collections.abc import Iterator

import pytest

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
