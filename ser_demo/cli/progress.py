"""A progress bar on standard error behind the `progress(done, total)` callable that long work takes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[float, float], None]]:
    """Gives `progress(done, total)`; nothing is drawn where standard error is not a terminal."""
    from tqdm import tqdm

    with tqdm(desc=title, unit=unit, disable=not sys.stderr.isatty()) as bar:

        def progress(done: float, total: float) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
