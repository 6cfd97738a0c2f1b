"""How often one client may start something, counted by one server or, in Redis, by all of them together."""

import hashlib
import math
import time

import redis
from limits import parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

REDIS_SECONDS = 1.0  # that Redis may take; then the request passes, and the task queue says that it is gone
PAUSE_SECONDS = 5.0  # for which Redis is asked nothing after that, so that not every request waits for it


class RateLimit:
    """Counts what clients start.

    Args:
        rate: such as "600/minute".
        queue: Redis' address, None for a count of this server's own.
    """

    def __init__(self, rate: str, queue: str | None) -> None:
        self._rate = parse(rate)
        self._limiter = MovingWindowRateLimiter(_storage(queue))
        self._asks_again_at = 0.0  # by the monotonic clock

    def __str__(self) -> str:
        return str(self._rate)

    async def seconds_to_wait(self, client: str) -> int:
        """Count a request of this client; 0 where it may pass, else whole seconds until the next may."""
        if time.monotonic() < self._asks_again_at:
            return 0
        name = hashlib.sha256(client.encode()).hexdigest()  # a client's key is nobody's business in Redis
        try:
            if await self._limiter.hit(self._rate, name):
                return 0
            free_at = (await self._limiter.get_window_stats(self._rate, name)).reset_time
        except redis.TimeoutError:
            self._asks_again_at = time.monotonic() + PAUSE_SECONDS
            return 0
        except redis.RedisError:
            return 0
        return max(1, math.ceil(free_at - time.time()))


def _storage(queue: str | None) -> Storage:
    if queue is None:
        return MemoryStorage()
    address = queue.replace("unix://", "redis+unix://", 1)
    return RedisStorage(
        address,
        implementation="redispy",
        key_prefix="ser:rate",
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
