"""A first look at a file that was sent, for an answer at once where it is no recording."""

from functools import partial

import anyio
from anyio import to_thread
from starlette.datastructures import UploadFile

from ser_demo.audio import begins_like_audio, begins_like_no_audio, open_isolated
from ser_demo.errors import NotAudioError, SerError
from ser_demo.settings import Limits

HEAD = 512  # bytes that tell most kinds of files
MOST_BYTES = 1024**2  # of a file that is tried; larger ones, which lie on disk, are left to the worker
MOST_TRIALS = 2  # at a time, each in a process of its own


class FirstLook:
    """Looks at files: known kinds are told by how they begin, and small ones of no known kind by trying to open them.

    Args:
        limits: those of the recordings.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._trials = anyio.CapacityLimiter(MOST_TRIALS)

    async def problem(self, file: UploadFile, name: str) -> str | None:
        """What is wrong with a file, called `name`, that is plainly no recording; None where it may be one.

        The file is read from its beginning afterwards.
        """
        head = await file.read(HEAD)
        problem = begins_like_no_audio(head)
        if problem is not None:
            return f"{name}: {problem}."
        if not begins_like_audio(head) and (file.size or 0) <= MOST_BYTES:
            content = head + await file.read()
            problem = await to_thread.run_sync(partial(self._trial, content, name), limiter=self._trials)
        await file.seek(0)
        return problem

    def _trial(self, content: bytes, name: str) -> str | None:
        try:
            open_isolated(content, self._limits, name).close()
        except NotAudioError as error:
            return str(error)
        except SerError:
            pass  # the task tells what else is wrong
        return None
