"""Tasks and their recordings in Redis, where servers and workers on several machines reach them.

A task is a hash, its recording a list of pieces, and the ids of unfinished tasks are a sorted set by the time they were
accepted. Recordings lie in Redis, so that workers need share no folder: its memory bounds how many may wait.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import redis

from ser_demo.api.database import translated
from ser_demo.api.store import NOT_DONE, WAITING_SECONDS, QueueFullError, StoreError, StoreFullError
from ser_demo.api.task import Order, Outcome, State, Task

PIECE = 4 * 1024 * 1024  # bytes of a recording in one value
_UNFINISHED = "ser:unfinished"
_FIGURES = "ser:figures"

# Both run inside Redis, so that nothing comes between the look at the state and the change.
_BEGIN = """
local state = redis.call('hget', KEYS[1], 'state')
if state ~= 'pending' and state ~= 'running' then return 0 end
redis.call('hset', KEYS[1], 'state', ARGV[1])
redis.call('hincrby', KEYS[1], 'attempts', ARGV[2])
return 1
"""
_FINISH = """
local state = redis.call('hget', KEYS[1], 'state')
if state ~= 'pending' and state ~= 'running' then return 0 end
redis.call('hset', KEYS[1], 'state', ARGV[1], 'result', ARGV[2], 'error', ARGV[3])
redis.call('pexpire', KEYS[1], ARGV[4])
for i = 5, #ARGV, 2 do redis.call('hincrbyfloat', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
"""


class RedisStore:
    """See `TaskStore`.

    Args:
        client: connections, which redis-py renews by itself, for whatever Redis answers at once.
        patient: connections for the pieces of recordings, which take their time on a slow line or disk.
        result_ttl: seconds for which a finished task is kept.
    """

    def __init__(self, client: redis.Redis, patient: redis.Redis, result_ttl: float) -> None:
        self._client = client
        self._patient = patient
        self._result_ttl = result_ttl
        self._begin = client.register_script(_BEGIN)
        self._finish = client.register_script(_FINISH)

    def add(self, task: Task, audio: BinaryIO, most_waiting: int) -> None:
        with _translated():
            self._client.zadd(_UNFINISHED, {task.task_id: task.accepted})
            try:
                if self._client.zcard(_UNFINISHED) > most_waiting:
                    raise QueueFullError(f"{most_waiting} recordings are waiting already. Try again later.")
                while piece := audio.read(PIECE):
                    self._patient.rpush(_recording(task.task_id), piece)
                self._client.hset(
                    _task(task.task_id),
                    mapping={
                        "order": json.dumps(task.order.to_json()),
                        "accepted": task.accepted,
                        "state": task.state.value,
                        "attempts": 0,
                    },
                )
            except BaseException:
                self._forget(task.task_id)
                raise

    def get(self, task_id: str) -> Task | None:
        with _translated():
            found = cast(dict[bytes, bytes], self._client.hgetall(_task(task_id)))
        values = {key.decode(): value.decode() for key, value in found.items()}
        if not values:
            return None
        return Task(
            order=Order.from_json(json.loads(values["order"])),
            accepted=float(values["accepted"]),
            task_id=task_id,
            state=State(values["state"]),
            attempts=int(values["attempts"]),
            result=json.loads(values["result"]) if values.get("result") else None,
            error=values.get("error") or None,
        )

    def begin(self, task_id: str) -> Task | None:
        with _translated():
            has_begun = self._begin(keys=[_task(task_id)], args=[State.RUNNING.value, 1])
        return self.get(task_id) if has_begun else None

    def hand_back(self, task_id: str) -> None:
        with _translated():
            self._begin(keys=[_task(task_id)], args=[State.PENDING.value, -1])

    def finish(self, task_id: str, outcome: Outcome) -> None:
        text = "" if outcome.result is None else json.dumps(outcome.result)
        values = [outcome.state.value, text, outcome.error or "", round(self._result_ttl * 1000)]
        figures = [field for figure in outcome.figures.items() for field in figure]
        with _translated():
            self._finish(keys=[_task(task_id), _FIGURES], args=[*values, *figures])
            self._client.delete(_recording(task_id))
            self._client.zrem(_UNFINISHED, task_id)

    def delete(self, task_id: str) -> bool:
        with _translated():
            return self._forget(task_id)

    @contextmanager
    def recording(self, task_id: str) -> Iterator[Path | None]:
        # A folder, since Windows opens no temporary file a second time.
        with _translated():
            folder = tempfile.TemporaryDirectory(prefix="ser-", ignore_cleanup_errors=True)
        with folder as name:
            path = Path(name) / "recording"
            with _translated():
                is_there = self._write_recording(task_id, path)
            yield path if is_there else None

    def waiting(self) -> int:
        with _translated():
            return self._client.zcard(_UNFINISHED)

    def figures(self) -> dict[str, float]:
        with _translated():
            found = cast(dict[bytes, bytes], self._client.hgetall(_FIGURES))
        return {name.decode(): float(value) for name, value in found.items()}

    def delete_expired(self) -> None:
        with _translated():
            waited = cast(list[bytes], self._client.zrangebyscore(_UNFINISHED, 0, time.time() - WAITING_SECONDS))
        for task_id in waited:  # finished ones expire by themselves
            self.finish(task_id.decode(), NOT_DONE)

    def _write_recording(self, task_id: str, path: Path) -> bool:
        """Write a recording to a file; whether there was one."""
        count = self._client.llen(_recording(task_id))
        with open(path, "xb") as file:
            for number in range(count):
                file.write(cast(bytes | None, self._patient.lindex(_recording(task_id), number)) or b"")
        return count > 0

    def _forget(self, task_id: str) -> bool:
        with self._client.pipeline() as together:  # one wait, and nothing is left over where Redis goes in between
            together.delete(_task(task_id))
            together.delete(_recording(task_id))
            together.zrem(_UNFINISHED, task_id)
            return bool(together.execute()[0])


def _task(task_id: str) -> str:
    return f"ser:task:{task_id}"


def _recording(task_id: str) -> str:
    return f"ser:recording:{task_id}"


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of Redis and of the file system, inside, become the store's own."""
    try:
        with translated():
            yield
    except redis.OutOfMemoryError as error:
        raise StoreFullError("the store of the recordings is full. Try again later.") from error
    except redis.RedisError as error:
        raise StoreError("the task queue cannot be reached. Try again later.") from error
