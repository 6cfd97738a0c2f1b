"""`python -m ser_demo finetune`: train a recogniser on recordings of labelled emotions."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_demo.cli.data import add_data_arguments, read_data
from ser_demo.errors import SerError

if TYPE_CHECKING:
    import pandas as pd

    from ser_demo.training.watch import Watch

DESCRIPTION = """\
Train a recogniser on labelled recordings and measure it on speakers that it has never heard. --data takes folders of
the known corpora (RAVDESS, CREMA-D, TESS, SAVEE, EmoDB, nEMO), folders with one sub-folder per emotion, CSV files and
`datasets` datasets; `python -m ser_demo corpora` shows what is in them. Test speakers neither train nor choose.

The result is a Hugging Face checkpoint with its card, its figures and its curves, for recognize --model, for
transformers.pipeline and for publish model. Ctrl-C stops; --resume goes on from the last epoch."""

EXAMPLE = """\
examples:
  the embedded model, from EfficientAT's weights
    python -m ser_demo finetune --data corpora/ravdess corpora/crema-d corpora/emodb corpora/nemo \\
        --weights mn04_as_mAP_432.pt --output my-model
  three emotions of your own recordings, with HuBERT, only the head trained, and pushed to the Hub
    python -m ser_demo finetune --data calls.csv --emotions happy,sad,angry --model facebook/hubert-base-ls960 \\
        --freeze body --output my-hubert --push-to-hub me/my-hubert
  on two GPUs (or on two machines, see torchrun --help)
    torchrun --nproc-per-node 2 -m ser_demo finetune --data corpora/ravdess --output my-model"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "finetune",
        help="train a recogniser on labelled recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data_arguments(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the checkpoint")
    start = parser.add_argument_group("network").add_mutually_exclusive_group()
    start.add_argument(
        "--model",
        metavar="ID",
        help="any audio-classification architecture: a Hub id, a checkpoint's folder, or a config.json for "
        "random weights (default: the embedded architecture)",
    )
    start.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="EfficientAT weights for the embedded architecture (default: random)",
    )
    parser.add_argument(
        "--freeze",
        choices=("nothing", "encoder", "body"),
        default="nothing",
        help="what keeps its weights: the convolutional feature encoder, or all but the head (default: %(default)s)",
    )
    recipe = parser.add_argument_group("recipe")
    recipe.add_argument(
        "--epochs", type=_positive(int), default=20, help="passes over the clips (default: %(default)s)"
    )
    recipe.add_argument("--batch-size", type=_positive(int), default=48, help="clips per step (default: %(default)s)")
    recipe.add_argument("--learning-rate", type=_positive(float), default=1e-3, help="peak rate (default: %(default)s)")
    recipe.add_argument(
        "--augment",
        dest="augmentations",
        type=_augmentations,
        metavar="NAMES",
        help="random changes of the training clips, separated by commas, or none: stretch, pitch, speed, shift, gain, "
        "room, noise, telephone, codec, frequency-shift, specaugment, mixup "
        "(default: speed,room,noise,telephone,codec,frequency-shift,specaugment,mixup)",
    )
    recipe.add_argument(
        "--label-smoothing", type=_share, default=0.1, help="share of each label spread over all (default: %(default)s)"
    )
    recipe.add_argument(
        "--averaging",
        type=_share,
        default=0.998,
        help="decay of the moving average of the weights (default: %(default)s)",
    )
    recipe.add_argument(
        "--balance",
        type=_share,
        default=0.5,
        help="0 draws clips as they are, 1 each emotion of each corpus equally often (default: %(default)s)",
    )
    recipe.add_argument(
        "--patience",
        type=_positive(int),
        default=6,
        help="epochs without progress before stopping (default: %(default)s)",
    )
    recipe.add_argument("--seed", type=int, default=0, help="reproduces a training (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last saved epoch in OUTPUT")
    parser.add_argument("--push-to-hub", metavar="REPO", help="publish the finished model under this Hub id")
    parser.add_argument("--private", action="store_true", help="make a new repository on the Hub private")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from transformers.utils import logging as transformers_logging

    from ser_demo.cli.progress import Terminal
    from ser_demo.training.augmentation import DEFAULT_AUGMENTATIONS
    from ser_demo.training.finetune import finetune
    from ser_demo.training.options import FinetuneOptions

    if options.push_to_hub:
        from ser_demo.publishing.hub import check_repo_id

        check_repo_id(options.push_to_hub)  # a wrong name should not show after hours
    command = f"python -m ser_demo {shlex.join(sys.argv[1:])}"
    chosen: dict[str, Any] = {
        name: getattr(options, name) for name in FinetuneOptions.__dataclass_fields__ if name != "command"
    }
    if options.augmentations is None:
        chosen["augmentations"] = DEFAULT_AUGMENTATIONS
    table = read_data(options).table
    transformers_logging.disable_progress_bar()  # a bar for each file that an epoch saves
    with Terminal() as terminal:
        try:
            is_first = finetune(table, FinetuneOptions(**chosen, command=command), terminal)
        except KeyboardInterrupt:
            resume = command if options.resume else f"{command} --resume"
            terminal.log(f"stopped; go on with: {resume}")
            return 130
        if is_first:
            try:
                _measure(options.output, table, terminal)
            except (SerError, OSError) as error:
                terminal.log(f"the model is finished but not measured: {error}")
            except KeyboardInterrupt:
                measure = f"python -m ser_demo evaluate --model {shlex.quote(str(options.output))}"
                terminal.log(
                    f"stopped; the model is finished and in {options.output}, measure it with: {measure} --data ..."
                )
                return 130
    if is_first and options.push_to_hub:
        from ser_demo.publishing.hub import push_model

        transformers_logging.enable_progress_bar()
        print(push_model(options.output, options.push_to_hub, options.private))
    return 0


def _measure(folder: Path, table: "pd.DataFrame", watch: "Watch") -> None:
    """Figures of the test speakers beside the checkpoint, and the card that tells them."""
    import json

    from ser_demo.evaluation.evaluate import evaluate
    from ser_demo.evaluation.report import to_html
    from ser_demo.publishing.card import write_card

    write_card(folder)  # what is stopped while it is measured has its card, without figures
    if (table["split"] == "test").any():
        evaluation = evaluate(str(folder), table, "test", lambda done, total: watch.progress("testing", done, total))
        (folder / "evaluation.json").write_text(json.dumps(evaluation.to_dict(), indent=1) + "\n", encoding="utf-8")
        (folder / "evaluation.html").write_text(to_html(evaluation), encoding="utf-8")
        print(evaluation.to_markdown())
        write_card(folder)
    else:
        watch.log("there are no test speakers: the model is not measured")


def _augmentations(text: str) -> tuple[str, ...]:
    from ser_demo.training.augmentation import AUGMENTATIONS

    names = () if text == "none" else tuple(text.split(","))
    if unknown := set(names) - set(AUGMENTATIONS):
        raise argparse.ArgumentTypeError(f"no {', '.join(sorted(unknown))}: choose of {', '.join(AUGMENTATIONS)}")
    return names


def _positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
