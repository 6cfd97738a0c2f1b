"""The web page: choose a recording, see how each speaker sounds and when.

`page` is the frame; each tab has a file that lays it out and wires it; `server` puts it on the network. The other files
are pure functions that turn a `Result` into words (the texts are in `words`), colours and HTML, and know nothing of
Gradio.
"""

from ser_demo.ui.page import build_page
from ser_demo.ui.server import launch, serve

__all__ = ["build_page", "launch", "serve"]
