"""Tasks in an SQLite file, and their recordings as files beside it."""

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ser_demo.api.database import Database, translated
from ser_demo.api.store import NOT_DONE, WAITING_SECONDS, QueueFullError
from ser_demo.api.task import UNFINISHED, Order, Outcome, State, Task

UPLOAD_SECONDS = 3600.0  # after which a recording without a task is one whose server was killed while it was written
RESERVE = 16 * 1024**2  # bytes that recordings leave free: without them no task could be begun, ended or deleted

_COLUMNS = "task_id, task_order, accepted, state, attempts, result, error"
_WAITS = f"state IN ('{UNFINISHED[0]}', '{UNFINISHED[1]}')"


class SqliteStore:
    """See `TaskStore`.

    Args:
        database: where the tasks are.
        folder: where the recordings are.
        result_ttl: seconds for which a finished task is kept.
    """

    def __init__(self, database: Database, folder: Path, result_ttl: float) -> None:
        self._database = database
        self._folder = folder
        self._result_ttl = result_ttl
        with translated():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, task: Task, audio: BinaryIO, most_waiting: int) -> None:
        path = self._path(task.task_id)
        try:
            with translated(), open(path, "xb") as file:
                shutil.copyfileobj(audio, file, 1024 * 1024)
                file.flush()
                os.fsync(file.fileno())
                if shutil.disk_usage(self._folder).free < RESERVE:
                    raise OSError(errno.ENOSPC, "what is left is needed for the results")
            added = self._database.write(
                f"INSERT INTO tasks (task_id, task_order, accepted, state, attempts) SELECT ?, ?, ?, ?, 0 "
                f"WHERE (SELECT count(*) FROM tasks WHERE {_WAITS}) < ? RETURNING 1",
                task.task_id, json.dumps(task.order.to_json()), task.accepted, task.state, most_waiting,
                safe=False,  # its message, which follows, takes it along
            )  # fmt: skip
            if not added:
                raise QueueFullError(f"{most_waiting} recordings are waiting already. Try again later.")
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def get(self, task_id: str) -> Task | None:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM tasks WHERE task_id = ? AND (finished IS NULL OR finished >= ?)",
            task_id, time.time() - self._result_ttl,
        )  # fmt: skip
        return _task(rows[0]) if rows else None

    def begin(self, task_id: str) -> Task | None:
        rows = self._database.write(
            f"UPDATE tasks SET state = ?, attempts = attempts + 1 WHERE task_id = ? AND {_WAITS} RETURNING {_COLUMNS}",
            State.RUNNING, task_id,
            safe=False,  # a power cut may undo an attempt: recordings cause none
        )  # fmt: skip
        return _task(rows[0]) if rows else None

    def hand_back(self, task_id: str) -> None:
        self._database.write(
            f"UPDATE tasks SET state = ?, attempts = attempts - 1 WHERE task_id = ? AND {_WAITS}",
            State.PENDING, task_id,
        )  # fmt: skip

    def finish(self, task_id: str, outcome: Outcome) -> None:
        result = None if outcome.result is None else json.dumps(outcome.result)
        with self._database.transaction() as connection:
            has_ended = connection.execute(
                f"UPDATE tasks SET state = ?, result = ?, error = ?, finished = ? WHERE task_id = ? AND {_WAITS}",
                (outcome.state, result, outcome.error, time.time(), task_id),
            ).rowcount
            if has_ended:
                connection.executemany(
                    "INSERT INTO figures (name, value) VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                    outcome.figures.items(),
                )
        self._forget_recording(task_id)

    def delete(self, task_id: str) -> bool:
        found = self._database.write("DELETE FROM tasks WHERE task_id = ? RETURNING 1", task_id)
        if found:
            self._database.empty_log()
            self._forget_recording(task_id)
        return bool(found)

    @contextmanager
    def recording(self, task_id: str) -> Iterator[Path | None]:
        path = self._path(task_id)
        yield path if path.exists() else None

    def waiting(self) -> int:
        [(count,)] = self._database.read(f"SELECT count(*) FROM tasks WHERE {_WAITS}")
        return count

    def figures(self) -> dict[str, float]:
        return dict(self._database.read("SELECT name, value FROM figures"))

    def delete_expired(self) -> None:
        now = time.time()
        self._database.write("DELETE FROM tasks WHERE finished < ?", now - self._result_ttl)
        self._database.empty_log()  # though nothing is old now: the round before may have found it in use
        for (task_id,) in self._database.read(
            f"SELECT task_id FROM tasks WHERE accepted < ? AND {_WAITS}", now - WAITING_SECONDS
        ):
            self.finish(task_id, NOT_DONE)
        with translated():
            for path in self._folder.iterdir():
                task = self.get(path.name)
                if task is None or task.state not in UNFINISHED:
                    _delete_if_older(path, UPLOAD_SECONDS)

    def _path(self, task_id: str) -> Path:
        return self._folder / task_id

    def _forget_recording(self, task_id: str) -> None:
        with translated():
            self._path(task_id).unlink(missing_ok=True)


def _task(row: tuple) -> Task:
    task_id, order, accepted, state, attempts, result, error = row
    return Task(
        order=Order.from_json(json.loads(order)),
        accepted=accepted,
        task_id=task_id,
        state=State(state),
        attempts=attempts,
        result=None if result is None else json.loads(result),
        error=error,
    )


def _delete_if_older(path: Path, seconds: float) -> None:
    try:
        if path.stat().st_mtime < time.time() - seconds:
            path.unlink()
    except FileNotFoundError:
        pass  # another server was faster
