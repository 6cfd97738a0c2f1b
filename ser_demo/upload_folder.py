"""Where visitors' files lie while a server runs.

Gradio deletes the files that it remembers to have taken. That leaves those which came on other ways, and after a
server was killed all of them. So every server has a folder of its own, which is gone when it ends, and deletes
whatever has lain for too long in that of any server of the same user. The folder of a server that was killed goes
too, once it is empty and has shown no sign of life for long.
"""

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ser_demo.errors import SettingsError

VARIABLE = "GRADIO_TEMP_DIR"  # read by Gradio when it is imported, so set before
PREFIX = "ser-demo-server-"  # of the servers' folders: the operator may name one that holds other things too
SECONDS = "s-"  # ends the seconds for which the server keeps files, which its folder's name tells to other servers
LIFELESS = 24 * 60 * 60  # seconds without a sign of life after which the folder of a server is nobody's


@contextmanager
def upload_folder(seconds: float) -> Iterator[Path]:
    """Has Gradio keep files in a new folder that nobody else can read; gives the folder which holds those of servers.

    That is the one which the operator names, else one of this user's in the temporary folder.

    Args:
        seconds: how long the server keeps a file.

    Raises:
        SettingsError: it cannot be written, or is one in the temporary folder that somebody else has made, who could
            put their own files there.
    """
    named = os.environ.get(VARIABLE)
    servers = Path(named or Path(tempfile.gettempdir()) / f"ser-demo-{_user()}")
    prefix = f"{PREFIX}{seconds:g}{SECONDS}"
    try:
        servers.mkdir(parents=True, exist_ok=True, mode=0o777 if named else 0o700)
        if not named and not _is_own_folder(servers):
            raise SettingsError(VARIABLE, str(servers), "a folder for visitors' audio that nobody else has made")
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=servers, ignore_cleanup_errors=True)
    except OSError as error:
        raise SettingsError(VARIABLE, str(servers), "a folder that can be written, for visitors' audio") from error
    with folder as own:
        os.environ[VARIABLE] = own
        yield servers


def receiving_folder() -> str:
    """The folder that takes what visitors send to the page, or one on the same disk that is there already."""
    named = os.environ.get(VARIABLE, "")
    return named if os.path.isdir(named) else tempfile.gettempdir()


def delete_older(servers: Path) -> None:
    """Deletes every file of a server of this user that has lain for longer than that server keeps it.

    And every empty folder of one that has not called this for a day; calling it is a sign of life of this one. Nothing
    beside the servers' folders is touched, wherever links with such names may lead.
    """
    own = Path(os.environ.get(VARIABLE, "")).name  # ours, though a network drive tells another owner
    for server in servers.glob(f"{PREFIX}*{SECONDS}*"):
        with suppress(OSError, ValueError):  # it is gone by now, or is no server's, as its name has no number
            seconds = float(server.name.removeprefix(PREFIX).partition(SECONDS)[0])
            if server.name == own or _is_own_folder(server):
                _delete_files(server, seconds)
                if server.name == own:
                    os.utime(server)
                elif server.stat().st_mtime < time.time() - LIFELESS:
                    _delete_empty_folders(server)


def _delete_files(server: Path, seconds: float) -> None:
    for folder, _, names in os.walk(server):
        for path in (Path(folder) / name for name in names):
            with suppress(OSError):  # another server was faster
                if path.lstat().st_ctime < time.time() - seconds:
                    path.unlink()


def _delete_empty_folders(server: Path) -> None:
    for folder, _, _ in os.walk(server, topdown=False):
        with suppress(OSError):  # something is in it
            os.rmdir(folder)


def _is_own_folder(path: Path) -> bool:
    """Whether it is a folder, not a link to one, of the user that runs this; raises OSError where nothing is there."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _user()


def _user() -> int:
    """The user's number; 0 on Windows, where everybody has a temporary folder of their own and files have no number."""
    return getattr(os, "getuid", int)()
