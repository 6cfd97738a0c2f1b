"""What every request must pass, for the page and for programs: keys, no foreign pages, not too often."""

import base64
import hmac
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser_demo.api.address import own_path
from ser_demo.api.live_calls import goes_on_listening
from ser_demo.api.rate_limit import RateLimit

# The server itself asks for the second when it starts; neither tells nor does anything that a stranger could use.
OPEN_PATHS = ("/health", "/gradio_api/startup-events")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# Gradio's page runs inline scripts and compiles its templates; all else comes from this server. On Spaces the page is
# shown in a frame of huggingface.co, for which a script from cdnjs adapts its height.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: https://cdnjs.cloudflare.com",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    )
)
CHALLENGE = {"WWW-Authenticate": 'Basic realm="SER Demo: any name, and a key as the password", charset="UTF-8"'}
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware.

    Args:
        api_keys: any of them opens everything; none: everything is open. A key comes as `Authorization: Bearer`,
            as `X-API-Key`, or as the password that a browser asks for.
        rate_limit: how often one client, which is a key or else an address, may start something; None is no bound.
    """

    def __init__(self, app: ASGIApp, api_keys: tuple[str, ...], rate_limit: RateLimit | None) -> None:
        self._app = app
        self._keys = [key.encode() for key in api_keys]
        self._rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        key = _key(headers)
        refusal = self._refusal(scope, headers, key)
        if refusal is None and self._rate_limit is not None and scope["method"] == "POST":
            goes_on, receive = await goes_on_listening(own_path(scope), receive)
            refusal = None if goes_on else await self._too_often(self._rate_limit, scope, key)
        await (refusal or self._app)(scope, receive, send_safely)

    def _refusal(self, scope: Scope, headers: Headers, key: bytes) -> JSONResponse | None:
        if self._keys and own_path(scope) not in OPEN_PATHS and not self._is_known(key):
            problem = "this key is not known" if key else "a key is needed"
            detail = f"{problem}. Send one as 'Authorization: Bearer KEY'; a browser asks for it as the password."
            return JSONResponse({"detail": detail}, 401, CHALLENGE)
        if _is_foreign(headers, changes=scope["method"] not in SAFE_METHODS):
            return JSONResponse({"detail": "another page than this server's own asked for this. Open this one."}, 403)
        return None

    async def _too_often(self, rate_limit: RateLimit, scope: Scope, key: bytes) -> JSONResponse | None:
        # On an open server a key is anything that somebody makes up.
        client = key.decode("latin-1") if self._keys else (scope["client"] or ("unknown",))[0]
        wait = await rate_limit.seconds_to_wait(client)
        if wait:
            detail = f"more than {rate_limit} requests came from you. Try again later."
            return JSONResponse({"detail": detail}, 429, {"Retry-After": str(wait)})
        return None

    def _is_known(self, key: bytes) -> bool:
        return any([hmac.compare_digest(key, known) for known in self._keys])  # a list: as slow for any key


def _key(headers: Headers) -> bytes:
    """The key that a request brings, b"" if none."""
    if own := headers.get("x-api-key"):
        return own.encode("latin-1")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("latin-1")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except ValueError:  # not base64, or not even ASCII
            return b""
    return b""


def _is_foreign(headers: Headers, changes: bool) -> bool:
    """Whether a browser says that another site's page sent the request. Programs say nothing of the kind.

    Args:
        changes: whether the request changes or starts something; a link on another page, which does not, may lead here.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site == "cross-site" and changes:
        return True
    # Browsers send the site over TLS and to this machine. Elsewhere only the host tells, and that of a proxy does not
    # count: a page may set its header, which Gradio's rules for cross-origin requests allow.
    if origin is None or site in ("same-origin", "none"):
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no browser says such a thing
        return True
