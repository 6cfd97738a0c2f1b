"""The form that a recording comes in, also from clients that tell its name by `filename*` alone.

RFC 7578 forbids that in forms, so Starlette passes over it and takes the recording for a text; but old HTTP libraries
write names so that are not ASCII.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote_to_bytes

from fastapi import HTTPException, Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

_PLAIN = re.compile(rb";\s*filename\s*=", re.IGNORECASE)
_EXTENDED = re.compile(rb""";\s*filename\*\s*=\s*"?[\w-]*'[\w-]*'(?P<name>[^\s;"]+)""", re.IGNORECASE)  # RFC 8187


@asynccontextmanager
async def read_form(request: Request, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """As `Request.form` does, gives the form and closes its files afterwards.

    Raises:
        HTTPException: 400, it is no form, or holds more than that.
    """
    try:
        form = await _Parser(request.headers, request.stream(), max_files=max_files, max_fields=max_fields).parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
    try:
        yield form
    finally:
        await form.close()


class _Parser(MultiPartParser):
    def on_headers_finished(self) -> None:
        part = self._current_part
        if part.content_disposition is not None:
            part.content_disposition = with_plain_name(part.content_disposition)
        super().on_headers_finished()


def with_plain_name(disposition: bytes) -> bytes:
    """The Content-Disposition of a part, with `filename` where it has only `filename*`."""
    extended = _EXTENDED.search(disposition)
    if extended is None or _PLAIN.search(disposition):
        return disposition
    name = unquote_to_bytes(extended["name"]).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return disposition + b'; filename="' + name + b'"'
