"""The model card of a trained checkpoint: what it does, learnt from whom, how good it is, its licence and limits."""

import json
from importlib.resources import files
from pathlib import Path
from string import Template

from ser_demo.evaluation.evaluate import Evaluation


def write_card(folder: Path, evaluation: Evaluation, command: str) -> None:
    """Writes `README.md` and `evaluation.json` into a checkpoint that `finetune` has just saved in `folder`.

    Args:
        folder: the checkpoint; its `training.json` tells the speakers, the seed and the chosen epoch.
        evaluation: figures of the test speakers.
        command: what was typed to train it.
    """
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    template = Template(files("ser_demo.publishing").joinpath("card_template.md").read_text(encoding="utf-8"))
    speakers = [
        f"| {corpus} | {split} | {part['clips']} | {', '.join(part['speakers'])} |"
        for split in ("train", "dev")
        for corpus, part in training["speakers"][split].items()
    ]
    card = template.substitute(
        table=evaluation.to_markdown(),
        speakers="\n".join(speakers),
        command=command,
        seed=training["seed"],
        start=training["start"],
        epoch=training["epoch"],
        epochs=training["epochs"],
        uar=f"{100 * training['dev_uar']:.1f}",
        temperature=f"{training['temperature']:.2f}",
        biases=", ".join(f"{emotion} {bias:+.2f}" for emotion, bias in training["biases"].items()),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    (folder / "evaluation.json").write_text(json.dumps(evaluation.to_dict(), indent=1) + "\n", encoding="utf-8")
