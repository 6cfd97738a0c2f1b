"""Other forms of the same request: HEAD, which uptime monitors send, beside GET, and a slash at the end of an address.

FastAPI knows no HEAD, names one method alone as allowed where an address has several, and leads away from a slash by
the host that it sees itself, which behind a proxy is not the one that the client knows.
"""

from collections.abc import Iterable

from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute, Route


def other_forms(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Routes to come after those given, which are documented: the other forms of them, and 405 for what is none."""
    forms: list[BaseRoute] = []
    allowed: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, Route):
            methods = set(route.methods or ()) | ({"HEAD"} if "GET" in (route.methods or ()) else set())
            allowed.setdefault(route.path, set()).update(methods)
            for path in (route.path, f"{route.path}/"):
                forms.append(type(route)(path, route.endpoint, methods=methods, include_in_schema=False))
    for path, methods in allowed.items():
        forms += [Route(form, _refusal(methods), include_in_schema=False) for form in (path, f"{path}/")]
    return forms


def _refusal(methods: set[str]) -> JSONResponse:
    names = ", ".join(sorted(methods))
    return JSONResponse({"detail": f"this address does not take that method. Use {names}."}, 405, {"Allow": names})
