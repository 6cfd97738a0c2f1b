"""The threads in which requests wait for the store.

The page's files, and Gradio, have threads that they share. If requests waited for the store in those, a store that does
not answer would hold up the page as well.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from ser_demo.api.store import StoreError

MOST_QUESTIONS = 40  # at a time
MOST_UPLOADS = 40
FREE_SECONDS = 1.0  # for a thread to become free for a question; a store that answers takes milliseconds

Answer = TypeVar("Answer")


class StoreThreads:
    """Runs what asks the store, and what brings it recordings, each kind in threads of its own."""

    def __init__(self) -> None:
        self._questions = anyio.CapacityLimiter(MOST_QUESTIONS)
        self._uploads = anyio.CapacityLimiter(MOST_UPLOADS)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question; raises StoreError where the others have waited for theirs for too long."""
        try:
            with anyio.fail_after(FREE_SECONDS):  # until it begins: a thread that runs is waited for
                return await to_thread.run_sync(question, limiter=self._questions)
        except TimeoutError as error:
            raise StoreError("the tasks cannot be reached now. Try again later.") from error

    async def bring(self, upload: Callable[[], None]) -> None:
        """Runs what takes as long as its recording is large, when its turn comes."""
        await to_thread.run_sync(upload, limiter=self._uploads)
