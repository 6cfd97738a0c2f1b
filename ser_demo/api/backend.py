"""Where tasks live and how they reach a worker: in a folder of this machine, or in Redis for several machines.

dramatiq takes messages to workers and back again where a worker is lost; either broker keeps a message until it is
acknowledged.
"""

from dataclasses import dataclass

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker

from ser_demo.api.database import Database
from ser_demo.api.redis_store import RedisStore
from ser_demo.api.sqlite_broker import SqliteBroker
from ser_demo.api.sqlite_store import SqliteStore
from ser_demo.api.store import StoreError, TaskStore
from ser_demo.errors import SettingsError
from ser_demo.settings import Settings, without_password

QUEUE = "recordings"
ACTOR = "analyse"
PATIENCE = 30.0  # seconds that Redis may take for a worker's question, or for a piece of a recording
CONNECT_SECONDS = 5.0
LOST_AFTER = 15_000  # milliseconds without a sign of life, after which Redis gives a worker's tasks to others


@dataclass(frozen=True)
class Backend:
    """A store and its broker."""

    store: TaskStore
    broker: dramatiq.Broker

    def enqueue(self, task_id: str) -> None:
        """Let a worker know of a task; raises StoreError."""
        message: dramatiq.Message = dramatiq.Message(
            queue_name=QUEUE, actor_name=ACTOR, args=(task_id,), kwargs={}, options={}
        )
        try:
            self.broker.enqueue(message)
        except redis.RedisError as error:
            raise StoreError("the task queue cannot be reached. Try again later.") from error

    def close(self) -> None:
        self.broker.close()


def open_backend(settings: Settings, patience: float = PATIENCE) -> Backend:
    """The backend that `SER_QUEUE` names, or else the one in `SER_STATE_DIR`.

    Args:
        patience: seconds that Redis may take for a question before it counts as gone.

    Raises:
        SettingsError: the folder cannot be written, or the address is none of Redis.
    """
    if settings.queue is None:
        folder = settings.state_dir
        database = Database(folder)
        try:
            return Backend(
                SqliteStore(database, folder / "recordings", settings.result_ttl),
                SqliteBroker(database, folder / "servers"),
            )
        except (OSError, StoreError) as error:
            allowed = "a folder on this machine in which 'recordings' and 'servers' are folders that can be written"
            raise SettingsError("SER_STATE_DIR", str(folder), allowed) from error
    try:
        client, patient = _client(settings.queue, patience), _client(settings.queue, PATIENCE)
    except ValueError as error:
        shown = without_password(settings.queue)
        raise SettingsError("SER_QUEUE", shown, "an address such as redis://host:6379/0") from error
    # Each message asks for lost workers first: with a task a second that costs nothing, and none waits for chance.
    broker = RedisBroker(
        client=client, middleware=[], namespace="ser:queue", heartbeat_timeout=LOST_AFTER, maintenance_chance=1_000_000
    )
    return Backend(RedisStore(client, patient, settings.result_ttl), broker)


def _client(address: str, patience: float) -> redis.Redis:
    """Connections to Redis, made when needed; raises ValueError where the address is none."""
    return redis.Redis.from_url(address, socket_timeout=patience, socket_connect_timeout=min(patience, CONNECT_SECONDS))
