"""Files that a script of the page has uploaded, and names to the server; and those that it could not upload."""

import os
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from ser_demo.errors import AudioError, AudioTooLargeError


class NotSentError(AudioError):
    """A recording never reached the server."""


def uploaded_file(path: Any) -> Path | None:
    """The file, if it is one that some browser has uploaded; None for anything else on this machine."""
    if not os.path.isfile(str(path)):  # unlike `Path.resolve` it raises nothing, whatever the name
        return None
    file = Path(str(path)).resolve()
    return file if file.is_relative_to(Path(get_upload_folder()).resolve()) else None


def not_sent(name: str, is_too_large: bool) -> AudioError:
    """Why the file `name` has not been uploaded."""
    if is_too_large:
        return AudioTooLargeError(name, "it is larger than this server takes", "Split it, or save it as FLAC or MP3")
    return NotSentError(name, "it could not be sent to the server", "Choose it again")
