"""Assistants behind a lock: for their calls, Gradio's MCP server asks the page over HTTP, as a client without a key.

So it is given a key of the server's own. Gradio has no setting for that client; without one, every call of the tool
would end at the lock.
"""

from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from gradio_client import Client


def let_in(app: FastAPI, key: str) -> None:
    """Gives the client of the application's MCP server `key`; nothing where there is no such server."""
    server: Any = getattr(getattr(app, "blocks", None), "mcp_server_obj", None)
    if server is None:
        return

    @lru_cache(maxsize=1)
    def client() -> Client:
        return Client(
            server.local_url,
            headers={"x-gradio-user": "mcp", "X-API-Key": key},
            download_files=False,
            verbose=False,
            analytics_enabled=False,
            ssl_verify=False,
            _skip_components=False,
        )

    server._get_or_create_client = client
