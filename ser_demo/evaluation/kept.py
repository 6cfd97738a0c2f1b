"""What a long evaluation has heard, on disk: one that was stopped goes on where it was."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_demo.errors import SerError

HEAD = "answers of"  # what the first line tells, by which a file of ours is known


class Kept:
    """Answers in a file, a line of JSON for each; threads may share it.

    Args:
        file: made if it is not there; None keeps nothing.
        by: what answers, as JSON; the answers of anything else are forgotten.

    Raises:
        SerError: the file is of something else.
    """

    def __init__(self, file: Path | None, by: dict[str, Any]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._answers: dict[str, Any] = {}
        own = json.dumps({HEAD: by})
        head, *lines = _text(file).split("\n")
        if head and not head.startswith(f'{{"{HEAD}"'):
            raise SerError(f"{file}: is of something else, and would be written. Move it, or name another --output.")
        if head == own:
            self._answers = dict(_whole(lines))
        else:
            self._write("w", own)

    def ask(self, question: list[Any], answer: Callable[[], Any]) -> Any:
        """What `answer` gives, as JSON; it is not called where the question, as JSON too, has its answer already."""
        if self._file is None:
            return answer()
        key = json.dumps(question)
        if key not in self._answers:
            self._answers[key] = answer()
            # The end of the line comes first, so that one which a kill has cut spoils no other.
            self._write("a", f"\n{json.dumps([key, self._answers[key]])}")
        return self._answers[key]

    def _write(self, mode: str, text: str) -> None:
        if self._file is not None:
            # A full disk costs what would be kept, and not the evaluation.
            with suppress(OSError), self._lock, self._file.open(mode, encoding="utf-8") as file:
                file.write(text)


def identity(path: str) -> list[Any]:
    """By what a file is known to be the same as before: its path, size in bytes and time of change."""
    with suppress(OSError):
        found = os.stat(path)
        return [path, found.st_size, found.st_mtime_ns]
    return [path]


def _text(file: Path | None) -> str:
    with suppress(OSError):
        return file.read_text(encoding="utf-8", errors="replace") if file is not None else ""
    return ""


def _whole(lines: Iterable[str]) -> Iterator[Any]:
    for line in lines:
        with suppress(ValueError):  # of one that was cut
            yield json.loads(line)
