"""The SQLite file in a state folder, shared by threads and by every server on that folder."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ser_demo.api.store import StoreError, StoreFullError
from ser_demo.errors import DISK_FULL, SettingsError

NAME = "tasks.sqlite3"
PATIENCE = 20.0  # seconds to wait for another process that is writing
LOG_PATIENCE = 1.0  # seconds to wait for those who still read an earlier state

_TABLES = """
CREATE TABLE IF NOT EXISTS tasks (
    task_id TEXT PRIMARY KEY, task_order TEXT NOT NULL, accepted REAL NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, result TEXT, error TEXT, finished REAL
) STRICT;
CREATE INDEX IF NOT EXISTS tasks_by_state ON tasks (state);
CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, owner TEXT) STRICT;
CREATE TABLE IF NOT EXISTS figures (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;
"""


class Database:
    """Two connections, each used by one thread at a time: whoever reads need not wait until the disk has written."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # other people's recordings lie there
            (folder / NAME).touch(mode=0o600)
            with suppress(PermissionError):  # who may write a file of another user may not change its mode
                (folder / NAME).chmod(0o600)  # where the folder existed already, or an earlier version made the file
            self._writer, self._reader = _connect(folder), _connect(folder)
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA secure_delete=ON")  # a deleted result is gone
            self._writer.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError("SER_STATE_DIR", str(folder), "a folder on this machine that can be written") from error
        self._writing, self._reading = threading.Lock(), threading.Lock()

    def read(self, query: str, *values: object) -> list[tuple]:
        """The rows of a query.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._reading, translated():
            return self._reader.execute(query, values).fetchall()

    def write(self, statement: str, *values: object, safe: bool = True) -> list[tuple]:
        """The rows that a statement returns which changes something, in a transaction of its own.

        Args and errors are those of `transaction`.
        """
        with self.transaction(safe) as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self, safe: bool = True) -> Iterator[sqlite3.Connection]:
        """What is executed inside happens together when the block ends, or not at all where it raises.

        Args:
            safe: whether it outlives a power cut when this returns. Otherwise it outlives a kill of the process, and a
                power cut as soon as anything later is safe: the disk is not waited for.

        Raises:
            StoreFullError: there is no room.
            StoreError: the file cannot be read or written.
        """
        with self._writing, translated():
            self._writer.execute(f"PRAGMA synchronous={'FULL' if safe else 'NORMAL'}")
            self._writer.execute("BEGIN IMMEDIATE")
            with self._writer:
                yield self._writer

    def empty_log(self) -> None:
        """Take deleted content out of SQLite's log as well, which `secure_delete` leaves alone.

        Where somebody reads an earlier state for long, or the disk is full, the next call does it.
        """
        with self._writing, suppress(sqlite3.Error):
            self._writer.execute(f"PRAGMA busy_timeout={round(LOG_PATIENCE * 1000)}")
            try:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._writer.execute(f"PRAGMA busy_timeout={round(PATIENCE * 1000)}")

    def close(self) -> None:
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()


def _connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / NAME, timeout=PATIENCE, isolation_level=None, check_same_thread=False)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of SQLite and of the file system, inside, become the store's own."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            raise StoreFullError("the disk is full. Try again later.") from error
        raise StoreError("the tasks cannot be read or written now. Try again later.") from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise StoreFullError("the disk is full. Try again later.") from error
        raise StoreError("the recording cannot be stored now. Try again later.") from error
