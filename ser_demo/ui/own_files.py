"""Lets the page's components take uploaded files alone, and never fetch an address that somebody gives as a file.

Gradio would download it, from wherever the server can reach. The address of a file that was uploaded here, which
assistants give, is taken as that file without asking any host.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote

import gradio as gr
from gradio.components.base import Component
from gradio.utils import get_upload_folder, is_in_or_equal
from gradio_client.utils import is_http_url_like

REFUSED = "an address is not opened here. Upload the recording itself."
_UPLOADED = "/gradio_api/file="

Move = Callable[[str | Path | None], Awaitable[str | None]]


def take_own_files_only(page: gr.Blocks) -> None:
    """Changes every component of `page` in this sense."""
    for block in page.blocks.values():
        if isinstance(block, Component):
            move = block.async_move_resource_to_block_cache
            setattr(block, "async_move_resource_to_block_cache", _of_own_files(move))  # noqa: B010  it is a method


def _of_own_files(move: Move) -> Move:
    async def move_own_file(source: str | Path | None) -> str | None:
        if isinstance(source, str) and is_http_url_like(source):
            source = _uploaded(source)
        return await move(source)

    return move_own_file


def _uploaded(address: str) -> str:
    """The uploaded file that an address of this server names; raises gr.Error for any other address."""
    path = unquote(address.partition(_UPLOADED)[2])
    # First whether it is there: no name that a disk cannot have, such as one with a zero byte, is looked at further.
    if not os.path.isfile(path) or not is_in_or_equal(path, get_upload_folder()):
        raise gr.Error(REFUSED, print_exception=False)
    return path
