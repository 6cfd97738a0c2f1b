"""The documentation at /docs: Swagger's page, from files on this server, over our routes without Gradio's."""

from typing import Any

from fastapi import Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from ser_demo import __version__
from ser_demo.api.files import Files

TITLE = "SER Demo"
FILES = "/docs/files"


# Each is a way to bring the same key; see `guard`.
KEY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "password": {"type": "http", "scheme": "basic", "description": "Any name, and a key as the password"},
}


def docs_routes(documented: list[BaseRoute], needs_key: bool) -> list[BaseRoute]:
    """The routes of the documentation of `documented`, which says how to bring a key where one is needed."""

    def description(request: Request) -> JSONResponse:
        described = _describe(documented, request.scope.get("root_path", ""))
        if needs_key:
            described["components"]["securitySchemes"] = KEY_SCHEMES
            described["security"] = [{name: []} for name in KEY_SCHEMES]
        return JSONResponse(described)

    def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=TITLE,
            swagger_js_url=f"{root}{FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{FILES}/swagger-ui.css",
            swagger_favicon_url=f"{root}{FILES}/favicon.png",
        )

    # The package brings Swagger's files inside its wheel.
    files = Mount(FILES, Files(packages=[("fastapi_offline", "static")]))
    return [Route("/openapi.json", description), files, Route("/docs", page)]


def _describe(routes: list[BaseRoute], root_path: str) -> dict[str, Any]:
    described = get_openapi(
        title=TITLE,
        version=__version__,
        description="Emotions in recordings of speech, for each channel and over time.",
        routes=routes,
        servers=[{"url": root_path or "/"}],
    )
    # FastAPI promises 422 in a form of its own wherever an address has a parameter: the id of a task may be any text.
    for operations in described["paths"].values():
        for operation in operations.values():
            if operation["responses"].get("422", {}).get("description") == "Validation Error":
                del operation["responses"]["422"]
    for schema in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(schema, None)
    return described
