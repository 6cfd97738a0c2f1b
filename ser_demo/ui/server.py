"""The page on the network."""

import os
import signal
import threading
import time
from pathlib import Path

import gradio as gr
from starlette.routing import Mount

from ser_demo.api import Files, Service, WorkerProcess, show
from ser_demo.audio import open_isolated
from ser_demo.errors import SettingsError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import Settings
from ser_demo.ui.about import CLEANING
from ser_demo.ui.own_files import take_own_files_only
from ser_demo.ui.page import build_page
from ser_demo.ui.recording import SCRIPTS_ADDRESS
from ser_demo.ui.theme import theme
from ser_demo.ui.translations import translations
from ser_demo.upload_folder import delete_older

SCRIPTS = ("address.js", "cut_off.js", "videos.js")  # of the whole page; others belong to a part of it
STATIC = Path(__file__).with_name("static")  # styles and scripts, which the page takes from nowhere else


def launch(page: gr.Blocks, settings: Settings, port: int | None = None, service: Service | None = None) -> str:
    """Serves the page from other threads and returns its address on this machine; `page.close()` ends it.

    With `service`, its routes are served beside the page, and its rules hold for both.

    Host and port come from GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, else they are Gradio's own (this
    machine only, the first free port from 7860); `port` overrides.

    Raises:
        SettingsError: the port that is named is taken.
    """
    port = port or int(os.environ.get("GRADIO_SERVER_PORT") or 0) or None
    take_own_files_only(page)
    arguments = service.app_arguments if service else {}
    # Gradio would serve them too, at an address that names the folder of this installation.
    scripts = Mount(f"/{SCRIPTS_ADDRESS}", Files(directory=STATIC))
    try:
        _, address, _ = page.launch(
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            theme=theme(),
            css_paths=sorted(STATIC.glob("*.css")),
            head="".join(f"<script>{(STATIC / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS),
            i18n=translations(settings),
            footer_links=["api"],
            max_file_size=settings.limits.max_bytes,
            show_error=False,
            enable_monitoring=False,
            run_history=False,
            mcp_server=settings.mcp,
            app_kwargs={**arguments, "routes": [*arguments.get("routes", []), scripts]},
            ssr_mode=False,  # its Node server would answer in front of routes that it does not know
        )
    except OSError as error:
        if port is None:
            raise
        raise SettingsError("GRADIO_SERVER_PORT", str(port), "a port that is free") from error
    return address


def serve(servers: Path) -> int:
    """Loads the model, serves the page until Ctrl-C or SIGTERM, and returns exit code 0.

    Args:
        servers: the folder of `upload_folder`, where old files are deleted.

    Raises:
        SerError: the settings or the model cannot be used.
    """
    # SIGTERM ends like Ctrl-C, not in mid-air; SIGINT does too where a shell started this in the background.
    endings = (signal.SIGINT, signal.SIGTERM)
    for ending in endings:
        signal.signal(ending, signal.default_int_handler)
    settings = Settings.from_environment()
    recognizer = EmotionRecognizer(settings=settings, open_audio=open_isolated)
    page = build_page(recognizer, settings)
    service = Service(settings, WorkerProcess(settings) if settings.queue is None else None)
    show()
    # From here on they only set a mark: an exception amid launching would leave a half-started server.
    stop = threading.Event()
    for ending in endings:
        signal.signal(ending, lambda *_: stop.set())
    print(f"SER Demo runs at {launch(page, settings, service=service)} (Ctrl-C stops it)", flush=True)
    clean_at = 0.0
    while not stop.is_set():  # not stop.wait(), whose lock the handler could be left waiting for
        if time.monotonic() >= clean_at:
            delete_older(servers)
            clean_at = time.monotonic() + CLEANING
        time.sleep(0.2)
    page.close(verbose=False)
    return 0
