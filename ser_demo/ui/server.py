"""The page on the network."""

import signal
import threading
import time
from pathlib import Path

import gradio as gr

from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import Settings
from ser_demo.ui.page import build_page

STYLE = Path(__file__).with_name("page.css")
SYSTEM_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
CODE_FONTS = ["ui-monospace", "Menlo", "Consolas", "monospace"]


def launch(page: gr.Blocks, settings: Settings, port: int | None = None) -> str:
    """Serves the page from other threads and returns its address on this machine; `page.close()` ends it.

    Host and port come from GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, else they are Gradio's own (this
    machine only, the first free port from 7860); `port` overrides.
    """
    _, address, _ = page.launch(
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        theme=_theme(),
        css_paths=STYLE,
        footer_links=["api"],
        max_file_size=settings.limits.max_bytes,
        show_error=False,
        enable_monitoring=False,
        run_history=False,
        mcp_server=False,
        ssr_mode=False,  # its Node server would answer in front of routes that it does not know
    )
    return address


def _theme() -> gr.themes.Base:
    # Fonts come from the visitor's system: nothing is fetched from other hosts.
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=SYSTEM_FONTS, font_mono=CODE_FONTS)
    return theme.set(  # what Gradio gives too little contrast (WCAG AA)
        body_text_color_subdued="*neutral_600",
        block_label_text_color="*neutral_600",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
    )


def serve() -> int:
    """Loads the model, serves the page until Ctrl-C or SIGTERM, and returns exit code 0.

    Raises:
        SerError: the settings or the model cannot be used.
    """
    # SIGTERM ends like Ctrl-C, not in mid-air; SIGINT does too where a shell started this in the background.
    endings = (signal.SIGINT, signal.SIGTERM)
    for ending in endings:
        signal.signal(ending, signal.default_int_handler)
    settings = Settings.from_environment()
    page = build_page(EmotionRecognizer(settings=settings), settings)
    # From here on they only set a mark: an exception amid launching would leave a half-started server.
    stop = threading.Event()
    for ending in endings:
        signal.signal(ending, lambda *_: stop.set())
    print(f"SER Demo runs at {launch(page, settings)} (Ctrl-C stops it)", flush=True)
    while not stop.is_set():  # not stop.wait(), whose lock the handler could be left waiting for
        time.sleep(0.2)
    page.close(verbose=False)
    return 0
