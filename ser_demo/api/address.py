"""The address under which a client reached this server, also behind proxies."""

from starlette.datastructures import Headers
from starlette.requests import Request


def own_address(request: Request) -> str:
    """Scheme, host and root path, without a slash at the end."""
    said = _first(request.headers, "x-forwarded-proto").lower()
    scheme = said if said in ("http", "https") else request.url.scheme
    host = _first(request.headers, "x-forwarded-host") or request.headers.get("host", "")
    return f"{scheme}://{host}{request.scope.get('root_path', '').rstrip('/')}"


def _first(headers: Headers, name: str) -> str:
    """What the proxy nearest to the client said."""
    return headers.get(name, "").split(",")[0].strip()
