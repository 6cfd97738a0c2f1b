"""What keeps tasks and their recordings: the one interface, and its errors."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from ser_demo.api.task import Outcome, State, Task
from ser_demo.errors import SerError

WAITING_SECONDS = 24 * 3600.0  # after which a task that nobody has finished fails
NOT_DONE = Outcome(State.FAILED, error="it was not analysed within a day. Send it again.", kind="NotDone")


class StoreError(SerError):
    """The store cannot be reached or written at the moment; what it was asked to do has not happened."""


class StoreFullError(StoreError):
    """There is no room for another recording."""


class QueueFullError(StoreError):
    """As many tasks wait as may."""


class TaskStore(Protocol):
    """Tasks by their id, with the recordings of those that are not finished.

    Every method may raise StoreError. What a method has returned from outlives a kill of the process.
    """

    def add(self, task: Task, audio: BinaryIO, most_waiting: int) -> None:
        """Keep a new task and its recording; raises QueueFullError, StoreFullError.

        It outlives a power cut from when its message is in the queue.
        """
        ...

    def get(self, task_id: str) -> Task | None: ...

    def begin(self, task_id: str) -> Task | None:
        """Count an attempt and mark the task as running; None where it is finished or gone."""
        ...

    def hand_back(self, task_id: str) -> None:
        """Undo `begin`."""
        ...

    def finish(self, task_id: str, outcome: Outcome) -> None:
        """Write how a task ended, add it to the figures, and delete its recording; nothing but the last where it is
        gone or has ended."""
        ...

    def delete(self, task_id: str) -> bool:
        """Delete a task with all that belongs to it; whether there was one."""
        ...

    def recording(self, task_id: str) -> AbstractContextManager[Path | None]:
        """The recording as a file for the time of a `with` block, None where it is gone."""
        ...

    def waiting(self) -> int:
        """Number of tasks that are not finished."""
        ...

    def figures(self) -> dict[str, float]:
        """The sums of the figures of all outcomes there ever were, on whichever server and worker."""
        ...

    def delete_expired(self) -> None:
        """Delete the tasks whose time is up."""
        ...
