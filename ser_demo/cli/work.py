"""`python -m ser_demo work`: analyses what servers accept, on this machine or on others."""

import argparse
import signal
import threading

DESCRIPTION = """\
Analyse the recordings that servers accept. With SER_QUEUE=redis://HOST:PORT/0, run one on each machine that shall help;
without it, one may help the server on the same machine, through the same SER_STATE_DIR.
Ctrl-C or SIGTERM stops it: what runs is finished or handed back within seconds."""

VARIABLES = """\
environment variables: SER_QUEUE or SER_STATE_DIR as the servers have them, SER_WORKERS (recordings at the same time,
default 2), SER_RESULT_TTL, SER_MODEL, SER_DEVICE, SER_MAX_BYTES, SER_MAX_SECONDS, SER_MAX_CHANNELS"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "work",
        help="analyse what servers accept",
        description=DESCRIPTION,
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ser_demo.api import show, work
    from ser_demo.settings import Settings

    settings = Settings.from_environment()
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    show()
    work(settings, stop.is_set, on_start=lambda: print("SER Demo works (Ctrl-C stops it)", flush=True))
    return 0
