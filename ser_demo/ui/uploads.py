"""Files of visitors: those that a script of the page has uploaded and names to the server, or could not upload.

Gradio deletes what it remembers to have taken. What a server leaves that was killed, the next one deletes.
"""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from ser_demo.errors import AudioError, AudioTooLargeError


class NotSentError(AudioError):
    """A recording never reached the server."""


def use_own_folder() -> None:
    """Keeps visitors' files apart from those of other Gradio pages, unless the operator has named a folder."""
    user = getattr(os, "getuid", int)()  # on Windows everybody has a temporary folder of their own
    os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()) / f"ser-demo-{user}"))


def delete_left(seconds: float) -> None:
    """Deletes every file that has lain among the uploads for longer than `seconds`, whoever left it there."""
    for folder, _, names in os.walk(get_upload_folder()):
        for path in (Path(folder) / name for name in names):
            with suppress(OSError):  # another server was faster, or it is not ours to delete
                if path.lstat().st_ctime < time.time() - seconds:
                    path.unlink()


def uploaded_file(path: Any) -> Path | None:
    """The file, if it is one that some browser has uploaded; None for anything else on this machine."""
    folder = Path(get_upload_folder()).resolve()
    file = Path(str(path)).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None


def not_sent(name: str, is_too_large: bool) -> AudioError:
    """Why the file `name` has not been uploaded."""
    if is_too_large:
        return AudioTooLargeError(name, "it is larger than this server takes", "Split it, or save it as FLAC or MP3")
    return NotSentError(name, "it could not be sent to the server", "Choose it again")
