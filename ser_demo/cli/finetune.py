"""`python -m ser_demo finetune`: train a recogniser on recordings of labelled emotions."""

import argparse
import shlex
import sys
from pathlib import Path

DESCRIPTION = """\
Train a recogniser on folders of labelled recordings (RAVDESS, CREMA-D, EmoDB, nEMO, TESS), found by their file names.
Speakers are split by the fixed protocol of ser_demo/corpora/splits.py: test speakers neither train nor choose.
The result is a Hugging Face checkpoint with its card, for recognize --model and for transformers.pipeline."""

EXAMPLE = """\
example, the embedded model:
  python -m ser_demo finetune --data corpora/ravdess corpora/crema-d corpora/emodb corpora/nemo \\
      --weights mn04_as_mAP_432.pt --output my-model"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "finetune",
        help="train a recogniser on labelled recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="DIR", help="folders of recordings")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the checkpoint")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="EfficientAT weights to start from")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the clips (default: %(default)s)")
    parser.add_argument("--batch-size", type=int, default=48, help="clips per step (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="peak rate (default: %(default)s)")
    parser.add_argument(
        "--patience", type=int, default=6, help="epochs without progress before stopping (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="reproduces a training (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last saved epoch in OUTPUT")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ser_demo.cli.progress import progress_bar
    from ser_demo.evaluation.evaluate import evaluate
    from ser_demo.publishing.card import write_card
    from ser_demo.training.finetune import FinetuneOptions, finetune

    fields = {name: getattr(options, name) for name in FinetuneOptions.__dataclass_fields__}
    try:
        with progress_bar("decoding", "clip") as progress:
            finetune(FinetuneOptions(**fields), progress, log=lambda line: print(line, file=sys.stderr))
    except KeyboardInterrupt:
        print(f"stopped; go on with: python -m ser_demo {shlex.join(sys.argv[1:])} --resume", file=sys.stderr)
        return 130
    with progress_bar("testing", "clip") as progress:
        evaluation = evaluate(str(options.output), options.data, "test", progress)
    write_card(options.output, evaluation, command=f"python -m ser_demo {shlex.join(sys.argv[1:])}")
    print(evaluation.to_markdown())
    return 0
