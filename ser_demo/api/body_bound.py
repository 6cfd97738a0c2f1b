"""Bounds every request's body while it is read, whatever its Content-Length says.

Starlette's own middleware for this answers in plain text and knows one bound; here recordings may be larger than the
rest.
"""

import shutil
from collections.abc import Callable, Mapping

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser_demo.api.address import own_path

FORM_BYTES = 1024**2  # that a form takes around its file
RESERVE = 64 * 1024**2  # bytes that files leave free where they are received
LOOK_BYTES = 16 * 1024**2  # received between two looks whether there still is room
OTHER_BYTES = 64 * 1024**2  # for a body that holds no file; the page sends results back to draw them
NO_ROOM = "the server has no room for this recording at present. Try again later."


class BodyBound:
    """ASGI middleware. Files are taken while the folder that receives them has room for them.

    Args:
        max_bytes: largest file.
        uploads: the addresses that take files, each with what tells the folder that receives them.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, uploads: Mapping[str, Callable[[], str]]) -> None:
        self._app = app
        self._upload_bytes = max_bytes + FORM_BYTES
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        folder = self._uploads.get(own_path(scope))
        most = self._upload_bytes if folder else OTHER_BYTES
        too_large = f"the request has more than {most} bytes. Send a smaller recording."
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            return await JSONResponse({"detail": too_large}, 413)(scope, receive, send)
        needed = RESERVE + (int(declared) if declared.isdecimal() else 0)
        if folder and shutil.disk_usage(folder()).free < needed:
            return await JSONResponse({"detail": NO_ROOM}, 507)(scope, receive, send)
        received, looked = 0, 0

        async def receive_so_many() -> Message:
            nonlocal received, looked
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, too_large)
            if folder and received >= looked + LOOK_BYTES:  # others write too, and a body need not say how long it is
                looked = received
                if shutil.disk_usage(folder()).free < RESERVE:
                    raise HTTPException(507, NO_ROOM)
            return message

        await self._app(scope, receive_so_many, send)
