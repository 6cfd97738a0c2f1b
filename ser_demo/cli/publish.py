"""`python -m ser_demo publish`: send a checkpoint, or the demo itself, to the Hugging Face Hub."""

import argparse
from pathlib import Path

from ser_demo.errors import SerError

DESCRIPTION = """\
Publish on the Hugging Face Hub, or on the server that HF_ENDPOINT names. Needs a token with write access: run
`hf auth login` once, or set HF_TOKEN. The repository is created where it does not exist."""

MODEL = """\
Publish a checkpoint: weights, configuration, card, figures and its code where it has any. Whatever else lies in the
folder stays where it is. training.json and the card tell the speakers that the corpora name. What TESS
trained goes out with --private only: its licence does not allow adaptations to be shared."""

SPACE = """\
Publish the demo as a Space: app.py, requirements.txt, README.md, LICENSE, and the folders ser_demo, examples and assets
with all that lies in them. It runs the embedded model; set the variable SER_MODEL of the Space for another one."""

EXAMPLE = """\
examples:
  python -m ser_demo publish model my-model anna/my-model
  python -m ser_demo publish space anna/ser-demo --private"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "publish",
        help="send a checkpoint, or the demo itself, to the Hugging Face Hub",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    things = parser.add_subparsers(required=True, metavar="THING")
    model = things.add_parser(
        "model",
        help="a checkpoint",
        description=MODEL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    model.add_argument("path", nargs="?", type=Path, metavar="PATH", help="its folder (default: the embedded model)")
    space = things.add_parser(
        "space",
        help="the demo, ready to run",
        description=SPACE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for thing, run in ((model, run_model), (space, run_space)):
        thing.add_argument("repo_id", metavar="REPO_ID", help="OWNER/NAME on the Hub, or NAME for your own account")
        thing.add_argument("--private", action="store_true", help="for nobody's eyes but the owner's")
        thing.set_defaults(run=run)


def run_model(options: argparse.Namespace) -> int:
    from ser_demo.publishing.hub import push_model

    if options.path is None and Path(options.repo_id).is_dir():
        raise SerError(
            f"{options.repo_id} is a folder here: name the repository too, as in publish model {options.repo_id} "
            "OWNER/NAME. For the embedded model, give its folder ser_demo/checkpoint as PATH."
        )
    url = push_model(options.path, options.repo_id, options.private)
    print(f"{url}\npython -m ser_demo recognize call.wav --model {url.repo_id}")
    return 0


def run_space(options: argparse.Namespace) -> int:
    from ser_demo.publishing.hub import push_space

    print(push_space(options.repo_id, options.private))
    return 0
