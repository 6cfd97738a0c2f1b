"""Ctrl-C while a decoding library runs, which calls back for the bytes of its file."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keeps Ctrl-C until the work inside is done and then does what Ctrl-C does, as a rule KeyboardInterrupt.

    An exception that a signal raises in a library's callback is lost, and the file seems to end there. Used with
    `with`, or as a decorator. Outside of the main thread, in which alone Python answers signals, nothing is done. Costs
    a few microseconds.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            handler(*held[0])
