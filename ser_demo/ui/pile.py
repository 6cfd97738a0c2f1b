"""One visitor's pile of recordings, analysed one after the other in a thread of its own: the page looks at any time."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_demo.errors import SerError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.result import Result

ABANDONED = 60.0  # seconds without a look, after which nobody is waiting any more
RENEWED = 60.0  # seconds after which files that wait are marked as new: the page deletes old ones
EARLIEST = 2.0  # seconds of work before which nobody can tell how long the rest will take

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Upload:
    """A recording that waits: where it lies, and what its visitor calls it, with the folders that it came in."""

    path: Path
    name: str


@dataclass(frozen=True)
class Done:
    """One recording of a pile.

    Attributes:
        file: its name, as of its `Upload`.
        result: what it holds; None where it could not be analysed.
        error: what is wrong with it; None beside no result means that the fault is ours.
    """

    file: str
    result: Result | None
    error: SerError | None


@dataclass(frozen=True)
class Look:
    """A pile at one moment.

    Attributes:
        done: in the order of the files.
        total: number of files.
        share: of the work that is done, 0 to 1, by the size of the files.
        seconds_left: None as long as nobody can tell.
        is_over: nothing more will come.
    """

    done: tuple[Done, ...]
    total: int
    share: float
    seconds_left: float | None
    is_over: bool


class _StoppedError(Exception):
    """The recording that is being read is given up."""


class Pile:
    """The recordings of one visitor.

    Args:
        recognizer: what analyses them.
        files: each where it lies and what it is called, or what is known already of one that never came; at least
            one. The analysis begins with `start`.
        is_wanted: asked again and again; the analysis ends as soon as it says no.
    """

    def __init__(self, recognizer: EmotionRecognizer, files: Sequence[Upload | Done], is_wanted: Callable[[], bool]):
        self._recognizer = recognizer
        self._files = files
        self._sizes = [_size(file) for file in files]
        self._is_wanted = is_wanted
        self._is_stopped = False
        self._done: list[Done] = []
        self._part = 0.0  # of the recording that is being read, 0 to 1
        self._began = self._last_look = self._renewed = time.monotonic()
        # Not a daemon: the interpreter waits for the block that is being computed, and then it is told to end.
        self._thread = threading.Thread(target=self._work, name="pile")

    def start(self) -> None:
        """Begins the analysis."""
        self._began = self._last_look = self._renewed = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Ends it soon, in the middle of a recording if need be; what is done stays."""
        self._is_stopped = True

    def wait(self, seconds: float) -> Look:
        """A look at the pile when it is over, after `seconds` at the latest."""
        self._thread.join(seconds)
        return self.look()

    def look(self) -> Look:
        """What is done by now."""
        now = self._last_look = time.monotonic()
        is_over = not self._thread.is_alive()
        done = tuple(self._done)
        size = float(sum(self._sizes[: len(done)]))
        if len(done) < len(self._sizes):
            size += self._part * self._sizes[len(done)]
        share = size / sum(self._sizes)
        return Look(done, len(self._files), share, seconds_left(share, now - self._began), is_over)

    def _work(self) -> None:
        for file in self._files:
            self._part = 0.0
            try:
                self._go_on()
                self._done.append(file if isinstance(file, Done) else self._analyse(file))
            except _StoppedError:
                return

    def _analyse(self, file: Upload) -> Done:
        try:
            result = self._recognizer.recognize(file.path, name=file.name, progress=self._progress)
            return Done(file.name, result, None)
        except _StoppedError:
            raise
        except SerError as error:
            return Done(file.name, None, error)
        except Exception:
            log.exception("a recording could not be analysed")
            return Done(file.name, None, None)

    def _progress(self, done: float, total: float) -> None:
        self._part = done / total if total else 0.0
        self._go_on()

    def _go_on(self) -> None:
        now = time.monotonic()
        if self._is_stopped or now - self._last_look > ABANDONED or not self._is_wanted():
            raise _StoppedError
        if now - self._renewed > RENEWED:
            self._renewed = now
            for file in self._files[len(self._done) :]:
                if isinstance(file, Upload):
                    with contextlib.suppress(OSError):  # it is told when its turn comes
                        os.utime(file.path)


def _size(file: Upload | Done) -> int:
    """Bytes, as a measure of the work; at least 1."""
    return max(1, file.path.stat().st_size) if isinstance(file, Upload) and file.path.exists() else 1


def seconds_left(share: float, elapsed: float) -> float | None:
    """How long the rest of the work takes at the pace so far; None while it is too early to tell."""
    return elapsed * (1 - share) / share if share > 0 and elapsed >= EARLIEST else None
