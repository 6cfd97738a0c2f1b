"""Where visitors' files lie while a server runs.

Gradio deletes the files that it remembers to have taken. That leaves those which came on other ways, and after a
server was killed all of them. So every server has a folder of its own, which is gone when it ends, and deletes
whatever has lain for too long in that of any server.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "GRADIO_TEMP_DIR"  # read by Gradio when it is imported, so set before
PREFIX = "ser-demo-server-"  # of the servers' folders: the operator may name one that holds other things too


@contextmanager
def upload_folder() -> Iterator[Path]:
    """Has Gradio keep files in a new folder that nobody else can read; gives the folder which holds those of servers.

    That is the one which the operator names, else one of this user's in the temporary folder.
    """
    user = getattr(os, "getuid", int)()  # on Windows everybody has a temporary folder of their own
    servers = Path(os.environ.get(VARIABLE) or Path(tempfile.gettempdir()) / f"ser-demo-{user}")
    servers.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=servers, ignore_cleanup_errors=True) as own:
        os.environ[VARIABLE] = own
        yield servers


def delete_older(servers: Path, seconds: float) -> None:
    """Deletes every file that has lain for longer than `seconds` in the folder of a server, and nothing beside them."""
    for server in servers.glob(f"{PREFIX}*"):
        for folder, _, names in os.walk(server):
            for path in (Path(folder) / name for name in names):
                with suppress(OSError):  # another server was faster, or it is not ours to delete
                    if path.lstat().st_ctime < time.time() - seconds:
                        path.unlink()
