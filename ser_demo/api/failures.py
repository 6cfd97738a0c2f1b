"""Requests that end in an error which nobody has foreseen: answered like any other, with the details in the log only.

Starlette's own answer to them is plain text, and comes from outside of everything that counts requests.
"""

import logging

from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser_demo.api.guard import HEADERS
from ser_demo.errors import DISK_FULL

FAULT = "the server could not do this, through a fault of its own. Try again later."
FULL = "the server has no room for this at present. Try again later."

log = logging.getLogger(__name__)


class Failures:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            return await self._app(scope, receive, send_and_note)
        except ClientDisconnect:  # who goes away amid an upload waits for no answer
            return
        except Exception as error:
            if has_begun:
                raise
            answer = _answer(error)
        await answer(scope, receive, send)


def _answer(error: Exception) -> JSONResponse:
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        log.warning("a request was refused: a disk of this server is full")
        return JSONResponse({"detail": FULL}, 507, HEADERS)
    log.error("a request could not be answered", exc_info=error)
    return JSONResponse({"detail": FAULT}, 500, HEADERS)
