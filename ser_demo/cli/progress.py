"""Progress on standard error, behind the callables that long work takes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm


class Terminal:
    """Sentences and progress bars of long work on standard error: one bar per stage, with time left and figures."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._stage = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_stage()

    def log(self, line: str) -> None:
        """A line above the bar."""
        from tqdm import tqdm

        tqdm.write(line, file=sys.stderr)

    def progress(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Draws how far `stage` is; nothing where standard error is not a terminal."""
        from tqdm import tqdm

        if stage != self._stage or self._bar is None:
            self._end_stage()
            self._stage = stage
            self._bar = tqdm(desc=stage, total=total, initial=done, disable=not sys.stderr.isatty())
        self._bar.total = total
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)

    def _end_stage(self) -> None:
        if self._bar is not None:
            self._bar.close()


@contextmanager
def progress_bar(stage: str) -> Iterator[Callable[[float, float], None]]:
    """Gives `progress(done, total)` for work of one stage."""
    with Terminal() as terminal:
        yield partial(terminal.progress, stage)
