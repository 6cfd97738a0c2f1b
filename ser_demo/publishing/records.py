"""What lies beside a checkpoint's weights: its configuration, and what `finetune` wrote of training and tests."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_demo.errors import SerError, first_line
from ser_demo.evaluation.figures import CorpusFigures, Evaluation
from ser_demo.training.voices import Speakers, speakers_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """The JSON files of a checkpoint's folder; None for one that is not there.

    Attributes:
        name: the folder's.
        config, preprocessor: as transformers reads them.
        training: start, settings and speakers of the training.
        calibration: temperature and biases that are folded into the weights.
        evaluation: the figures of the test speakers.
        has_curves: whether curves.png shows the course of the training.
        has_report: whether evaluation.html shows all figures.
    """

    name: str
    config: Json
    preprocessor: Json
    training: Json | None
    calibration: Json | None
    evaluation: Evaluation | None
    has_curves: bool
    has_report: bool

    @property
    def labels(self) -> list[str]:
        """What the model answers with, in the order of its outputs."""
        return [self.config["id2label"][str(number)] for number in range(len(self.config["id2label"]))]

    @property
    def speakers(self) -> Speakers:
        """For "train" and "dev" what training.json says of each corpus, nothing where there is none."""
        return speakers_of(self.training) if self.training else {"train": {}, "dev": {}}

    @property
    def all_speakers(self) -> list[Speakers]:
        """Everybody who trained or chose anything: here, all parts of a mean together, then in those before it."""
        return [self.speakers, *(step["speakers"] for step in self.lineage)]

    @property
    def steps(self) -> list[Json]:
        """The trainings and means that led to these weights, each after what it is made of: the last is this one.

        What went into several means is there once.
        """
        steps = list(_steps_to(self.training)) if self.training else []
        return [step for number, step in enumerate(steps) if step not in steps[:number]]

    @property
    def trainings(self) -> list[Json]:
        """What is known of the trainings whose mean these weights are: one as a rule, none where nothing is known."""
        return [step for step in self.steps if "averaged" not in step]

    @property
    def lineage(self) -> list[Json]:
        """The trainings that made what this one started or learned from, the latest first: `training.lineage`."""
        return self.training.get("lineage", []) if self.training else []

    @property
    def corpora(self) -> list[str]:
        """All that trained or chose anything, here or before; those that only test are not among them."""
        return corpora_of([{"speakers": step} for step in self.all_speakers])

    @property
    def tested(self) -> tuple[CorpusFigures, ...]:
        """The figures by corpus, none where it was not tested."""
        return self.evaluation.corpora if self.evaluation else ()

    @property
    def start(self) -> str:
        """What training began from, as training.json says it: "random", a file, a folder or a Hub id."""
        return self.training["start"] if self.training else "random"


def _steps_to(training: Json) -> Iterable[Json]:
    for part in training.get("averaged", []):
        yield from _steps_to(part)
    yield training


def corpora_of(trainings: Iterable[Json]) -> list[str]:
    """The corpora that trained or chose anything in them."""
    return [*dict.fromkeys(corpus for step in trainings for part in speakers_of(step).values() for corpus in part)]


def read_records(folder: Path) -> Records:
    """Reads a checkpoint's folder, in which config.json and preprocessor_config.json must be.

    Raises:
        SerError: one of its files cannot be read as JSON, or training.json or evaluation.json was not written by this
            version of SER Demo.
    """

    def read(name: str) -> Json | None:
        file = folder / f"{name}.json"
        try:
            return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        except (OSError, ValueError) as error:
            raise SerError(
                f"{file}: cannot be read ({first_line(error)}). Write it anew, or take it out of the folder."
            ) from error

    training, evaluation = read("training"), read("evaluation")
    try:
        corpora_of([training] if training else [])
    except (KeyError, TypeError, AttributeError) as error:
        raise SerError(
            f"{folder / 'training.json'}: does not tell who trained, as finetune does. Take it out of the folder."
        ) from error
    try:
        figures = None if evaluation is None else Evaluation.from_dict(evaluation)
    except (KeyError, TypeError) as error:
        raise SerError(
            f"{folder / 'evaluation.json'}: was written by another version of SER Demo. Write it anew by evaluate."
        ) from error
    return Records(
        name=folder.resolve().name,
        config=read("config") or {},
        preprocessor=read("preprocessor_config") or {},
        training=training,
        calibration=read("calibration"),
        evaluation=figures,
        has_curves=(folder / "curves.png").exists(),
        has_report=(folder / "evaluation.html").exists(),
    )
