"""A broker for dramatiq that keeps its messages in SQLite, since dramatiq has none without a server.

A message stays in its table until it is acknowledged, beside the name of the server that has taken it. That server
holds the lock on a file of that name for as long as it lives, so its messages are given to others soon after it is
gone, however it went. Only a new message waits for the disk: a power cut that undoes the rest has a finished task
looked at once more, which finds it finished.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from dramatiq import Broker, Message, MessageProxy
from dramatiq.broker import Consumer
from dramatiq.errors import ConnectionClosed
from filelock import FileLock, Timeout

from ser_demo.api.database import Database, translated
from ser_demo.api.store import StoreError

POLL_SECONDS = 0.1  # between two looks for a new message
ADOPT_SECONDS = 5.0  # between two looks for servers that are gone


class SqliteBroker(Broker):
    """Messages in the table `messages` of `database`; `folder` holds a lock file for each server."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(middleware=[])
        self.database = database
        self._folder = folder
        self.owner = str(uuid4())
        with translated():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._alive = self._lock(self.owner)
        self._alive.acquire()

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: Message, *, delay: int | None = None) -> Message:
        self.database.write("INSERT INTO messages (body) VALUES (?)", message.encode().decode())
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30000) -> Consumer:
        return _SqliteConsumer(self, prefetch)

    def adopt(self) -> None:
        """Free the messages of servers that are gone."""
        for (owner,) in self.database.read("SELECT DISTINCT owner FROM messages WHERE owner IS NOT NULL"):
            if owner == self.owner:
                continue
            lock = self._lock(owner)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            self.database.write("UPDATE messages SET owner = NULL WHERE owner = ?", owner, safe=False)
            lock.release()
            (self._folder / owner).unlink(missing_ok=True)

    def close(self) -> None:
        self._alive.release()
        (self._folder / self.owner).unlink(missing_ok=True)

    def _lock(self, owner: str) -> FileLock:
        return FileLock(self._folder / owner, thread_local=False)


class _SqliteConsumer(Consumer):
    """Takes up to `prefetch` messages at a time."""

    def __init__(self, broker: SqliteBroker, prefetch: int) -> None:
        self._broker = broker
        self._prefetch = prefetch
        self._taken: set[int] = set()
        self._adopted = 0.0

    def __next__(self) -> MessageProxy | None:
        try:
            if time.monotonic() > self._adopted + ADOPT_SECONDS:
                self._broker.adopt()
                self._adopted = time.monotonic()
            message = self._take() if len(self._taken) < self._prefetch else None
        except StoreError:
            message = None  # the disk may be full or slow: what is there stays there
        if message is None:
            time.sleep(POLL_SECONDS)
        return message

    def _take(self) -> MessageProxy | None:
        rows = self._broker.database.write(
            "UPDATE messages SET owner = ? WHERE number = "
            "(SELECT number FROM messages WHERE owner IS NULL ORDER BY number LIMIT 1) RETURNING number, body",
            self._broker.owner,
            safe=False,
        )
        if not rows:
            return None
        [(number, body)] = rows
        self._taken.add(number)
        return MessageProxy(Message.decode(body.encode()).copy(options={"number": number}))

    def ack(self, message: Any) -> None:
        number = message.options["number"]
        try:
            self._broker.database.write("DELETE FROM messages WHERE number = ?", number, safe=False)
        except StoreError as error:
            raise ConnectionClosed(error) from error  # which dramatiq takes as a reason to try again
        self._taken.discard(number)

    nack = ack  # the task itself says how it ended

    def requeue(self, messages: Iterable[Any]) -> None:
        for message in messages:
            number = message.options["number"]
            self._broker.database.write("UPDATE messages SET owner = NULL WHERE number = ?", number, safe=False)
            self._taken.discard(number)
