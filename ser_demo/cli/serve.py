"""`python -m ser_demo serve`: the web page and the service that programs use."""

import argparse
import os
import socket

from ser_demo.errors import SettingsError
from ser_demo.settings import Settings
from ser_demo.upload_folder import upload_folder

DESCRIPTION = """\
Serve the web page on this machine: upload or record speech, see the emotions of each channel and over time.
Programs send recordings to /api/technology/emotion-recognition (see /docs), or call the page through gradio_client:
Client(URL).predict(handle_file("call.wav"), api_name="/recognize"). /health and /metrics tell how it is.
Ctrl-C or SIGTERM stops it."""

VARIABLES = """\
environment variables:
  GRADIO_SERVER_NAME   address to listen on (default 127.0.0.1: this machine only; 0.0.0.0: the whole network)
  GRADIO_SERVER_PORT   port (default: the first free one from 7860)
  GRADIO_TEMP_DIR      folder in which each server has one for visitors' audio (default: one in the temporary folder)
  SER_MODEL            checkpoint, a Hub id or a folder (default: the embedded model)
  SER_MODELS           more checkpoints, comma-separated, that visitors may choose instead (default: none)
  SER_DEVICE           auto, cpu, cuda or mps (default: auto)
  SER_MAX_BYTES, SER_MAX_SECONDS, SER_MAX_CHANNELS
                       bounds on one recording (default: 2 GiB, 4 hours, 8)
  SER_STATE_DIR        folder for accepted tasks, which outlive a restart (default: a folder of yours)
  SER_QUEUE            redis://HOST:PORT/0 to leave the work to "python -m ser_demo work" on any machines
  SER_RESULT_TTL       seconds for which results, and what visitors upload to the page, are kept (default: 1800)
  SER_MAX_WAITING, SER_WORKERS
                       tasks that may wait (default: 1000), recordings analysed at the same time (default: 2)
  SER_API_KEYS         comma-separated keys, one of which every request must bring (default: everybody may ask)
  SER_RATE_LIMIT       requests of one client that start something, such as 600/minute (default: no bound)
  SER_MCP              true to offer assistants the recogniser as a tool, at /gradio_api/mcp/ (default: false)

example, for others on the network:
  GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=8000 python -m ser_demo serve"""

NAME, PORT = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "serve",
        help="serve the web page and its API",
        description=DESCRIPTION,
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    check_address()
    with upload_folder(Settings.from_environment().result_ttl) as servers:
        from ser_demo.ui import serve

        return serve(servers)


def check_address() -> None:
    """Takes Gradio's own variables out of the environment where they are blank, and checks them where they are not.

    Gradio itself knows no blank ones, and silently takes another port than the one that is named.

    Raises:
        SettingsError: they name an address or a port on which this machine cannot listen; Gradio listens on IPv4 only.
    """
    for variable in (NAME, PORT):
        if not os.environ.get(variable, "").strip():
            os.environ.pop(variable, None)
    name, port = os.environ.get(NAME, "127.0.0.1"), os.environ.get(PORT, "0")
    try:
        socket.create_server((name, 0)).close()
    except (OSError, UnicodeError) as error:  # the second of labels that no name of a machine can have
        allowed = "an IPv4 address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
        raise SettingsError(NAME, name, allowed) from error
    if PORT in os.environ and not (port.isdecimal() and len(port) < 6 and 0 < int(port) < 2**16):
        raise SettingsError(PORT, port, "a number from 1 to 65535")
    try:
        socket.create_server((name, int(port))).close()
    except OSError as error:
        raise SettingsError(PORT, port, "a port that is free and that you may listen on") from error
