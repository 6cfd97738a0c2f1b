"""`python -m ser_demo finetune`: train a recogniser on recordings of labelled emotions."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ser_demo.cli.data import add_data_arguments, is_first_process, read_data
from ser_demo.cli.measure import measure_finished
from ser_demo.training.options import FROZEN

DESCRIPTION = """\
Train a recogniser on labelled recordings and measure it on speakers that it has never heard. --data takes folders of
the known corpora (RAVDESS, CREMA-D, TESS, SAVEE, EmoDB, nEMO), folders with one sub-folder per emotion, CSV files and
`datasets` datasets; `python -m ser_demo corpora` shows what is in them. Test speakers neither train nor choose.

The result is a Hugging Face checkpoint with its card, its figures and its curves, for recognize --model, for
transformers.pipeline and for publish model. Ctrl-C stops; --resume goes on from the last epoch."""

EXAMPLE = """\
examples:
  the embedded architecture, from Whisper's weights
    python -m ser_demo finetune --data corpora/ravdess corpora/crema-d corpora/emodb corpora/nemo \\
        --weights tiny.en.pt --freeze encoder --output my-model
  a few recordings of your own, going on from the embedded model
    python -m ser_demo finetune --data calls.csv --model ser_demo/checkpoint --freeze body --output my-model
  three emotions of your own recordings, with HuBERT, only the head trained, and pushed to the Hub
    python -m ser_demo finetune --data calls.csv --emotions happy,sad,angry --model facebook/hubert-base-ls960 \\
        --freeze body --output my-hubert --push-to-hub me/my-hubert
  on two GPUs by either launcher (on two machines: see torchrun --help)
    torchrun --nproc-per-node 2 -m ser_demo finetune --data corpora/ravdess --output my-model
    accelerate launch --num_processes 2 -m ser_demo finetune --data corpora/ravdess --output my-model
  on two CPU processes: torchrun as above, or accelerate with --multi_gpu (its --cpu starts a single process)
    accelerate launch --multi_gpu --num_processes 2 -m ser_demo finetune --data corpora/ravdess --output my-model"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "finetune",
        help="train a recogniser on labelled recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data_arguments(parser)
    parser.add_argument(
        "--fold",
        type=_fold,
        metavar="K/N",
        help="of N parts of the development speakers only the Kth chooses, the others train too: average then joins "
        "the N trainings and calibrates each answer by a network that has not heard the speaker (default: all choose)",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the checkpoint")
    start = parser.add_argument_group("network")
    start.add_argument(
        "--model",
        metavar="ID",
        help="any audio-classification architecture: a Hub id, a checkpoint's folder, or a config.json for "
        "random weights (default: the embedded architecture)",
    )
    start.add_argument(
        "--weights",
        type=Path,
        metavar="PATH",
        help="a Whisper, as OpenAI's file (tiny.en.pt) or the Hub's folder, Smart Turn's file (.onnx) or the folder of "
        "a checkpoint like the embedded one, for the embedded architecture or a config.json of its kind, which may be "
        "narrower, or of a Whisper of transformers, whose last layer then pools loud frames; of --model then only the "
        "shape counts (default: random)",
    )
    parser.add_argument(
        "--freeze",
        choices=FROZEN,
        default="nothing",
        help="what keeps its weights: the convolutional feature encoder (the convolutions of the embedded "
        "architecture), or all but the head (default: %(default)s)",
    )
    recipe = parser.add_argument_group("recipe")
    recipe.add_argument(
        "--epochs",
        type=_number_of_epochs,
        default=10,
        help="passes over the clips; 0 fits the classifier alone, where it is new, by which average goes back towards "
        "the start (default: %(default)s)",
    )
    recipe.add_argument(
        "--batch-size",
        type=_positive(int),
        default=32,
        help="clips per step, over all processes together (default: %(default)s)",
    )
    recipe.add_argument("--learning-rate", type=_positive(float), default=1e-4, help="peak rate (default: %(default)s)")
    recipe.add_argument(
        "--augment",
        dest="augmentations",
        type=_augmentations,
        metavar="NAMES",
        help="random changes of the training clips, separated by commas, or none: join, stretch, pitch, speed, "
        "wide-speed, shift, gain, room, noise, telephone, codec, frequency-shift, specaugment, mixup; those of "
        "the waveform may name the share of clips that they change, as in noise:0.3 "
        "(default: join,wide-speed,room,noise,telephone,codec)",
    )
    recipe.add_argument(
        "--teacher",
        dest="teachers",
        nargs="+",
        default=(),
        metavar="ID",
        help="checkpoints with the same labels, whose answers become half of each training clip's label",
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
        help="0 draws clips as they are, 1 the corpora alike and within each its emotions alike (default: %(default)s)",
    )
    recipe.add_argument(
        "--best-by",
        choices=("uar", "loss"),
        default="uar",
        help="what of the development speakers chooses the epoch: the UAR, or the loss, which few speakers move less "
        "by chance (default: %(default)s)",
    )
    recipe.add_argument(
        "--patience",
        type=_positive(int),
        default=6,
        help="epochs without progress before stopping (default: %(default)s)",
    )
    recipe.add_argument("--seed", type=_seed, default=0, help="reproduces a training (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last saved epoch in OUTPUT")
    parser.add_argument("--push-to-hub", metavar="REPO", help="publish the finished model under this Hub id")
    parser.add_argument("--private", action="store_true", help="make a new repository on the Hub private")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from transformers.utils import logging as transformers_logging

    from ser_demo.cli.progress import Terminal
    from ser_demo.corpora.splits import fold_development
    from ser_demo.training.augmentation import DEFAULT_AUGMENTATIONS
    from ser_demo.training.checkpoint import is_unmeasured, last_complete_epoch
    from ser_demo.training.finetune import finetune
    from ser_demo.training.lineage import shown_command
    from ser_demo.training.options import FinetuneOptions

    if options.push_to_hub:
        from ser_demo.publishing.hub import check_repo_id

        check_repo_id(options.push_to_hub)  # a wrong name should not show after hours
    chosen: dict[str, Any] = {
        name: getattr(options, name) for name in FinetuneOptions.__dataclass_fields__ if name != "command"
    }
    if options.augmentations is None:
        chosen["augmentations"] = DEFAULT_AUGMENTATIONS
    settings = FinetuneOptions(**chosen, command=shown_command(sys.argv[1:]))
    table = read_data(options).table
    if options.fold is not None:
        table = table.assign(split=fold_development(table, *options.fold))
    if options.push_to_hub and not options.private:
        from ser_demo.publishing.licence import check_may_be_shared
        from ser_demo.publishing.records import corpora_of
        from ser_demo.training.lineage import lineage_of

        trains = table.loc[table["split"] != "test", "corpus"].unique()
        check_may_be_shared([*trains, *corpora_of(lineage_of(*settings.checkpoints))])
    transformers_logging.disable_progress_bar()  # a bar for each file that an epoch saves
    transformers_logging.set_verbosity_error()  # a table of the layers that are new, which a line of ours tells
    typed = shlex.join(word for word in sys.argv[1:] if word != "--resume")
    with Terminal() as terminal:
        try:
            if options.resume and is_unmeasured(settings):
                is_first = is_first_process()
            else:
                is_first = finetune(table, settings, terminal)
        except KeyboardInterrupt:
            if last_complete_epoch(settings.states):
                terminal.log(f"stopped; go on with: python -m ser_demo {typed} --resume")
            else:
                terminal.log(f"stopped before an epoch was saved; start anew with: python -m ser_demo {typed}")
            return 130
        again = f"python -m ser_demo {typed} --resume"
        if is_first and not measure_finished(options.output, table, terminal, again):
            return 130
    if is_first and options.push_to_hub:
        from ser_demo.publishing.hub import push_model

        transformers_logging.enable_progress_bar()
        print(push_model(options.output, options.push_to_hub, options.private))
    return 0


def _augmentations(text: str) -> tuple[str, ...]:
    from ser_demo.training.augmentation import chances_of

    names = () if text == "none" else tuple(text.split(","))
    try:
        chances_of(names)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return names


def _fold(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text} is not of the form 1/2, 2/2")
    return int(part), int(parts)


def _positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number


def _number_of_epochs(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {2**32 - 1}")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
