"""Counts requests and their time until the answer begins."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser_demo.api.address import own_path
from ser_demo.api.metrics import Metrics
from ser_demo.api.routes import PATH

OTHER = "page"  # one name for all addresses of the page, so that nobody can invent endless ones


class RequestFigures:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = time.perf_counter()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - begun
                route, method = _route(own_path(scope)), _method(scope["method"])
                self._metrics.count_request(route, method, message["status"], seconds)
            await send(message)

        await self._app(scope, receive, count)


def _route(path: str) -> str:
    if path == PATH or path in ("/health", "/metrics"):
        return path
    return f"{PATH}/{{task_id}}" if path.startswith(f"{PATH}/") else OTHER


def _method(method: str) -> str:
    return method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
