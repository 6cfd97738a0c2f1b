"""Files of ours at an address, as the page's scripts and those of the documentation."""

import os

from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class Files(StaticFiles):
    """To be mounted; found also behind a proxy that takes the root path away before it passes a request on.

    Starlette's own looks for a file by the whole root path, which the request of such a proxy does not begin with.
    """

    def get_path(self, scope: Scope) -> str:
        """The file's path in its folder, from what the mount has left of the address."""
        outside = scope["app_root_path"]  # of the server, while `root_path` is that of the mount
        address = scope["path"].removeprefix(outside).removeprefix(scope["root_path"].removeprefix(outside))
        return os.path.normpath(os.path.join(*address.split("/")))
