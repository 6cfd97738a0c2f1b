"""What analyses the recordings of a folder."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ser_demo.errors import AudioError
from ser_demo.result import Model, Result

CheckStop = Callable[[], None]
"""Called often; what it raises ends the run."""


class Engine(AbstractContextManager["Engine"], Protocol):
    """Where recordings are analysed; leaving it as a context ends what it has started."""

    @property
    def model(self) -> Model:
        """The checkpoint that answers."""

    @property
    def labels(self) -> list[str]:
        """The emotions that it tells apart."""

    def recognize(
        self, folder: Path, recordings: Sequence[str], check_stop: CheckStop
    ) -> Iterator[tuple[str, Result | AudioError]]:
        """Each recording, a path below `folder`, with its result or with what is wrong with it, as soon as it is known.

        Raises:
            SerError: the run cannot go on.
        """
