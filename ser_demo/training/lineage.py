"""Who trained the checkpoints that a training starts or learns from: terms and speakers go on into what comes of it."""

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ser_demo.classifier import checkpoint_file
from ser_demo.corpora.anonymity import PUBLIC
from ser_demo.training.voices import speakers_of


def lineage_of(*sources: str) -> list[dict[str, Any]]:
    """The trainings before one that comes of `sources`, the latest first.

    Args:
        sources: the start and the teachers, each a Hub id or folder of a checkpoint or a configuration file. Nothing
            is known of one without a `training.json` of ours beside the weights.

    Returns:
        Of each training "of", the source that it made, "commands" in the order in which they were typed, "start" and
        "speakers".
    """
    return [training for source in sources for training in _trainings_of(source)]


def heard_before(checkpoint: str, clips: pd.DataFrame) -> Iterator[str]:
    """A line for each public corpus of whose speakers some trained a checkpoint, as far as it tells who did.

    Args:
        checkpoint: Hub id or folder.
        clips: that it is to be measured by, of `read_corpora`.
    """
    parts = [part for training in lineage_of(checkpoint) for part in training["speakers"].values()]
    for corpus, names in clips[clips["corpus"].isin(PUBLIC)].groupby("corpus")["speaker"]:
        heard = {name for part in parts if corpus in part for name in part[corpus]["speakers"]}
        if known := len(heard & set(names)):
            yield (
                f"{known} of these {names.nunique()} speakers of {corpus} trained the model or chose its epoch: the "
                "figures say little about new voices"
            )


def shown_path(path: str) -> str:
    """A path as cards tell it: one from the root of this machine without its folders, which are nobody's business."""
    return (Path(path).name or path) if Path(path).is_absolute() else path


def shown_command(words: Sequence[str]) -> str:
    """What was typed after `python -m ser_demo`, as cards tell it: its paths as `shown_path` has them.

    Without `--resume`: it tells what trains the same model anew, which a resumption does not.
    """
    told = []
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        told.append(option + equals + shown_path(value))
    return f"python -m ser_demo {shlex.join(word for word in told if word != '--resume')}"


def _trainings_of(start: str) -> list[dict[str, Any]]:
    if Path(start).is_file():
        return []
    file = checkpoint_file(start, "training.json")
    try:
        record = json.loads(file.read_text(encoding="utf-8")) if file else {}
        speakers = {part: speakers_of(record)[part] for part in ("train", "dev")}
        told = {"commands": _commands_of(record), "start": record["start"], "speakers": speakers}
        return [{"of": shown_path(start), **told}, *record.get("lineage", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # another program's file of this name


def _commands_of(record: dict[str, Any]) -> list[str]:
    """What was typed for it, and first what was typed for those whose mean it is."""
    before = [command for part in record.get("averaged", []) for command in _commands_of(part)]
    return [*before, *filter(None, [record.get("command")])]
