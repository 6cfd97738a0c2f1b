"""The model card: what a checkpoint does, how good it is, who trained it, what it cannot do, and its licence."""

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ser_demo.corpora.public import SOURCES, title_of
from ser_demo.evaluation.figures import CorpusFigures
from ser_demo.evaluation.markdown import cell, to_markdown
from ser_demo.publishing.licence import licence_of
from ser_demo.publishing.limits import language_name, limits_of_evaluation, limits_of_training
from ser_demo.publishing.metadata import card_data
from ser_demo.publishing.records import Json, Records, read_records
from ser_demo.windows import LEVEL

PARTS = {"training": "train", "development": "dev"}
EARLIER = ", of an earlier training"  # that made what this one started or learned from
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
HEAR_LEVELS = ("ASTFeatureExtractor", "WhisperFeatureExtractor")  # whose features tell how loud the samples are
UNKNOWN = "unknown"  # what figures call those of whom no name is known
HASH = " (sha256 "  # what training.json adds to the name of a file of weights


def write_card(folder: Path) -> None:
    """Writes `README.md` from what lies in a checkpoint's folder.

    `training.json`, `calibration.json`, `evaluation.json` and `curves.png`, which `finetune` adds, may be missing: the
    card then says so.

    Raises:
        SerError: one of them was written by another version of SER Demo.
    """
    template = files("ser_demo.publishing").joinpath("card_template.md").read_text(encoding="utf-8")
    markdown = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined).from_string(template)
    card = markdown.render(_facts(read_records(folder)))
    (folder / "README.md").write_text(card.rstrip() + "\n", encoding="utf-8")


def _facts(records: Records) -> dict[str, Any]:
    """What the template asks for."""
    training, evaluation, speakers, corpora = records.training, records.evaluation, records.speakers, records.corpora
    base_model, start = _beginnings(records)
    licence = licence_of(corpora, start)
    return {
        "metadata": card_data(records, licence, base_model).to_yaml(),
        "name": records.name,
        "labels": records.labels,
        "network": _describe_network(records.config),
        "parameters": f"{training['parameters'] / 1e6:.3g}" if training else None,
        "kilohertz": f"{records.preprocessor['sampling_rate'] / 1000:g}",
        "level": LEVEL if records.preprocessor.get("feature_extractor_type") in HEAR_LEVELS else None,
        "has_code": "auto_map" in records.config,
        "figures": evaluation and to_markdown(evaluation),
        "details": list(_details(records.tested)),
        "unheard": [title_of(row.corpus) for row in records.tested if training and row.corpus not in corpora],
        "speakers_are_new": evaluation is not None
        and evaluation.split == "test"
        and training is not None
        and all(_are_apart(records, corpus) for corpus in corpora),
        "training": training,
        "steps": [{**step, "chose": _chose(step), "is_last": step is training} for step in records.steps],
        "earlier": list(_earlier_commands(records)),
        "is_folded": _is_folded(records),
        "corpora": corpora,
        "speaker_rows": list(_speaker_rows(records)),
        "speaker_names": list(_speaker_names(records)),
        "has_curves": records.has_curves,
        "has_report": records.has_report,
        "calibration": records.calibration,
        "heard": records.preprocessor.get("chunk_length"),
        "limits": [*limits_of_training(speakers["train"]), *limits_of_evaluation(records.tested)],
        "licence": licence.sentence,
        "start": start,
        "sources": [SOURCES[corpus] for corpus in corpora if corpus in SOURCES],
        "encoders": list(_encoders(records)),
    }


def _beginnings(records: Records) -> tuple[str | None, str | None]:
    """The Hub id that training began from, and how a card names what it began from; None for random weights.

    Whisper's and Smart Turn's weights have a section of their own. A folder whose making is told counts as what that
    began from.
    """
    start = records.start
    for step in records.lineage:  # in this order, as several of its folders can have one name
        if step.get("of") == start and not _is_on_hub(start):
            start = step["start"]
    if start == "random" or HASH in start:
        return None, None
    if _is_on_hub(start):
        return start, f"[{start}](https://huggingface.co/{start})"
    return None, f"`{Path(start).name}`"


def _is_on_hub(start: str) -> bool:
    return HUB_ID.fullmatch(start) is not None and not Path(start).exists()


def _earlier_commands(records: Records) -> Iterable[str]:
    """How the checkpoints came about that the commands of this one begin with or learn from, each under its name.

    Of one that an earlier version of SER Demo made, only who trained it is known.
    """
    told = {step["command"] for step in records.steps}
    for step in records.lineage:
        if new := [command for command in step.get("commands", []) if command not in told]:
            yield "\n".join([f"# {step['of']}", *new])
            told.update(new)


def _encoders(records: Records) -> Iterable[str]:
    """Whose encoders the files hold that this training, or one that it started or learned from, began with."""
    starts = [records.start, *(step["start"] for step in records.lineage)]
    files = [start.split(HASH)[0] for start in starts if HASH in start]
    yield from dict.fromkeys("Smart Turn" if file.endswith(".onnx") else "Whisper" for file in files)


def _describe_network(config: Json) -> str:
    if config["model_type"] == "ser_whisper":
        layers = f"The first {config['encoder_layers']} layers of Whisper's encoder, thinner and at lower rates"
        ways = {name.removeprefix("relative_") for name in config.get("pooling", ["statistics"])}
        return f"{layers}, then {' and '.join(sorted(ways, reverse=True))} over time, for two CPU cores or less"
    return f"A `{config['architectures'][0]}` of the library transformers"


def _are_apart(records: Records, corpus: str) -> bool:
    """Whether nobody had two parts, now or before, of those who trained, who chose and who were measured.

    A corpus that does not name its speakers cannot tell. Of trainings that became one, each is looked at alone: who
    chose in one may train in another.
    """
    heard = {name for step in records.all_speakers for part in step.values() for name in _names(part, corpus)}
    tested = {part.name for row in records.tested if row.corpus == corpus for part in row.by_speaker}
    if tested & (heard | {UNKNOWN}):
        return False
    for training in records.trainings:
        steps = [training["speakers"], *(step["speakers"] for step in records.lineage)]
        train, dev = ({name for step in steps for name in _names(step[split], corpus)} for split in PARTS.values())
        if train & dev or "" in train | dev:
            return False
    return True


def _names(part: Json, corpus: str) -> list[str]:
    """Who spoke of a corpus in one part of "speakers"."""
    return part[corpus]["speakers"] if corpus in part else []


def _parts(records: Records) -> Iterable[tuple[str, str, Json]]:
    """Part, corpus and what training.json says of it: of this training, then what differs in those before it."""
    told = []
    for earlier, speakers in zip(["", *[EARLIER] * len(records.lineage)], records.all_speakers, strict=True):
        for part, split in PARTS.items():
            for corpus, of in speakers[split].items():
                if (part, corpus, of) not in told:
                    told.append((part, corpus, of))
                    yield part + earlier, corpus, of


def _speaker_rows(records: Records) -> Iterable[tuple[str, ...]]:
    """Corpus, part, clips, speakers, genders and languages."""
    for part, corpus, of in _parts(records):
        count = "unknown" if "" in of["speakers"] else str(len(of["speakers"]))
        genders = [f"{number} {gender}" for gender, number in of["genders"].items() if gender != "unknown"]
        languages = map(language_name, of["languages"])
        known = (", ".join(genders) or "unknown", ", ".join(languages) or "unknown")
        yield (cell(corpus), part, str(of["clips"]), count, *known)


def _speaker_names(records: Records) -> Iterable[str]:
    """Who spoke in the public corpora; names in anyone else's recordings may be those of people."""
    for part, corpus, of in _parts(records):
        if corpus in SOURCES:
            yield f"{title_of(corpus)}, {part}: {', '.join(of['speakers'])}"


def _is_folded(records: Records) -> bool:
    """Whether some who chose in one of the trainings trained another."""
    return any(
        not set(of["speakers"]).isdisjoint(_names(records.speakers["train"], corpus))
        for training in records.trainings
        for corpus, of in training["speakers"]["dev"].items()
    )


def _chose(training: Json) -> str:
    """How many speakers of each corpus chose the epoch of a training."""
    dev = training["speakers"]["dev"]
    return ", ".join(f"{len(of['speakers'])} of {title_of(corpus)}" for corpus, of in dev.items())


def _details(corpora: Sequence[CorpusFigures]) -> Iterable[tuple[str, str]]:
    """Tables of what the main table sums up, each with its sentence."""
    by_emotion = {row.corpus: {part.emotion: part.recall for part in row.classes if part.clips} for row in corpora}
    yield "Share of each emotion's clips that is found, in %:", _table(by_emotion)
    by_gender = {row.corpus: {part.name: part.uar for part in row.by_gender} for row in corpora}
    if any(part.keys() - {"unknown"} for part in by_gender.values()):
        yield "UAR % by gender:", _table(by_gender)


def _table(rows: dict[str, dict[str, float]]) -> str:
    """A row for each corpus, a column for each of the names in any row, shares in percent."""
    names = [*dict.fromkeys(name for row in rows.values() for name in row)]
    lines = [["corpus", *names], ["---"] * (len(names) + 1)]
    for corpus, row in rows.items():
        lines.append([cell(corpus), *(f"{100 * row[name]:.1f}" if name in row else "" for name in names)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
