"""`python -m ser_demo serve`: the web page and its API."""

import argparse

DESCRIPTION = """\
Serve the web page on this machine: upload or record speech, see the emotions of each channel and over time.
Programs call it through gradio_client: Client(URL).predict(handle_file("call.wav"), api_name="/recognize").
Ctrl-C or SIGTERM stops it."""

VARIABLES = """\
environment variables:
  GRADIO_SERVER_NAME   address to listen on (default 127.0.0.1: this machine only; 0.0.0.0: the whole network)
  GRADIO_SERVER_PORT   port (default: the first free one from 7860)
  GRADIO_TEMP_DIR      folder for visitors' audio until it is deleted (default: the system's temporary folder)
  SER_MODEL            checkpoint, a Hub id or a folder (default: the embedded model)
  SER_DEVICE           auto, cpu, cuda or mps (default: auto)
  SER_MAX_BYTES, SER_MAX_SECONDS, SER_MAX_CHANNELS
                       bounds on one recording (default: 2 GiB, 4 hours, 8)

example, for others on the network:
  GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=8000 python -m ser_demo serve"""


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
    from ser_demo.ui import serve

    return serve()
