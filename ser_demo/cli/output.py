"""Files that a command writes once its long work is done."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ser_demo.errors import SerError


def can_be_written(*files: Path | None, read: Iterable[str] = ()) -> bool:
    """Whether files may be written where they are asked for; standard error says which may not. To ask before work.

    Args:
        files: those that are asked for, None for none.
        read: the files that the command reads, none of which may be written.
    """
    taken = {os.path.realpath(file): "is to be read as well" for file in read}
    for file in filter(None, files):
        if problem := _problem(os.path.realpath(file), taken):
            print(f"error: {file}: {problem}", file=sys.stderr)
            return False
        taken[os.path.realpath(file)] = "is asked for twice"
    return True


def _problem(file: str, taken: Mapping[str, str]) -> str:
    """Why a file may not be written, "" where it may; `taken` tells what others are there for."""
    if os.path.isdir(file):  # unlike `Path.is_dir` it raises nothing
        return "is a folder. Name a file in it."
    if not os.path.isdir(os.path.dirname(file)):
        return "its folder does not exist. Make it first."
    if not _is_open(file):
        return "may not be written. Name another file."
    return f"{taken[file]}. Name another file." if file in taken else ""


def _is_open(file: str) -> bool:
    """Whether the file, or where there is none its folder, lets itself be written."""
    if os.path.exists(file):
        return os.access(file, os.W_OK)
    return os.access(os.path.dirname(file), os.W_OK | os.X_OK)


def write_text(file: Path, text: str) -> None:
    """Writes a file as UTF-8; names of files in it that are none get question marks.

    Raises:
        SerError: it cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise SerError(f"{file}: cannot be written ({error.strerror}). Name another file.") from error
