"""The address under which a client reached this server, and what it asked for there, also behind proxies."""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope


def own_address(request: Request) -> str:
    """Scheme, host and root path, without a slash at the end."""
    said = _first(request.headers, "x-forwarded-proto").lower()
    scheme = said if said in ("http", "https") else request.url.scheme
    # Clients of HTTP/1.0 need not say by which name they have found the server.
    host = _first(request.headers, "x-forwarded-host") or request.headers.get("host") or _listening_at(request.scope)
    return f"{scheme}://{host}{request.scope.get('root_path', '').rstrip('/')}"


def own_path(scope: Scope) -> str:
    """What a request asks for, below the root path, without a slash at the end.

    Some proxies take the root path away before they pass a request on, others leave it in; routes are found both ways.
    """
    path, root = scope["path"].rstrip("/"), scope.get("root_path", "").rstrip("/")
    below = path.removeprefix(root)
    return below if below.startswith("/") or not below else path


def _listening_at(scope: Scope) -> str:
    host, port = scope.get("server") or ("127.0.0.1", None)
    return host if port is None else f"{host}:{port}"


def _first(headers: Headers, name: str) -> str:
    """What the proxy nearest to the client said."""
    return headers.get(name, "").split(",")[0].strip()
