"""What the recordings are, as tables: counted once, shown by the shell and by the report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser_demo.corpora.preparation import Rejected, Survey
from ser_demo.corpora.splits import leaks
from ser_demo.corpora.table import SPLITS
from ser_demo.labels import in_order

TOTAL = "all corpora"  # name of the last row, where there are several
NAMED = 5  # recordings that are named of each kind
LISTED = 100  # speakers that a terminal lists of each corpus
UNKNOWN = ["gender unknown", "clips of unknown speakers"]


@dataclass(frozen=True)
class Overview:
    """Tables with a row per corpus, and one for all where there are several.

    Attributes:
        emotions: clips by emotion.
        speakers: how many, of which gender, in which languages, and how many sentences.
        by_speaker: clips by emotion, with a row for each speaker whose name is known (index corpus, speaker).
        sounds: seconds and levels of the recordings that can be used.
        splits: clips and speakers by split; without rows where the recordings are not divided.
        leaks: a line per corpus, of its test clips.
        set_aside: a row per reason: how many recordings, and which.
    """

    emotions: pd.DataFrame
    speakers: pd.DataFrame
    by_speaker: pd.DataFrame
    sounds: pd.DataFrame
    splits: pd.DataFrame
    leaks: list[str]
    set_aside: pd.DataFrame

    def to_text(self) -> str:
        """For a terminal."""
        parts = {
            "Clips by emotion": self.emotions,
            "Speakers": self.speakers,
            "Recordings that can be used": self.sounds,
            "Division: clips, and speakers": self.splits,
        }
        blocks = [f"{title}\n{table.to_string()}\n" for title, table in parts.items() if not table.empty]
        set_aside = [
            f"set aside, {reason}: {row['recordings']}: {row['which']}" for reason, row in self.set_aside.iterrows()
        ]
        speakers = [
            _list_speakers(str(corpus), rows) for corpus, rows in self.by_speaker.groupby(level="corpus")["all"]
        ]
        return "\n".join([*blocks, *self.leaks, *speakers, *set_aside])


def make_overview(table: pd.DataFrame, survey: Survey) -> Overview:
    """Counts.

    Args:
        table: of `read_corpora`, with the column `split` if the recordings could be divided.
        survey: what can be used of it.
    """
    is_divided = "split" in table
    speakers = _by_corpus(table, _speakers)
    return Overview(
        emotions=_emotions(table),
        speakers=speakers.drop(columns=[column for column in UNKNOWN if not speakers[column].any()]),
        by_speaker=_clips_of_speakers(table),
        sounds=_by_corpus(survey.table.drop_duplicates("path"), _sounds),
        splits=_by_corpus(table, _splits) if is_divided else pd.DataFrame(),
        leaks=leaks(table) if is_divided else [],
        set_aside=_set_aside(survey.rejected),
    )


def _by_corpus(table: pd.DataFrame, describe: Callable[[pd.DataFrame], dict]) -> pd.DataFrame:
    rows = {str(corpus): describe(part) for corpus, part in table.groupby("corpus")}
    if len(rows) > 1:
        rows[TOTAL] = describe(table)
    return pd.DataFrame.from_dict(rows, orient="index")


def _emotions(table: pd.DataFrame) -> pd.DataFrame:
    counts = _by_corpus(table, lambda rows: rows["emotion"].value_counts().to_dict())
    counts = counts.reindex(columns=in_order(table["emotion"])).fillna(0).astype(int)
    return counts.assign(all=counts.sum(axis=1))


def _clips_of_speakers(table: pd.DataFrame) -> pd.DataFrame:
    known = table[table["speaker"] != ""]
    counts = known.groupby(["corpus", "speaker", "emotion"]).size().unstack(fill_value=0)
    return counts[in_order(known["emotion"])].assign(all=counts.sum(axis=1))


def _list_speakers(corpus: str, clips: pd.Series) -> str:
    listed = ", ".join(f"{speaker} {count}" for (_, speaker), count in clips.head(LISTED).items())
    return f"{corpus}, clips by speaker: {listed}{', ...' if len(clips) > LISTED else ''}"


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["speaker"] != ""].drop_duplicates(["corpus", "speaker"])


def _speakers(rows: pd.DataFrame) -> dict:
    people = _people(rows)
    women, men = ((people["gender"] == gender).sum() for gender in ("female", "male"))
    return {
        "speakers": len(people),
        "women": women,
        "men": men,
        UNKNOWN[0]: len(people) - women - men,
        UNKNOWN[1]: (rows["speaker"] == "").sum(),
        "languages": ", ".join(sorted(set(rows["language"]) - {""})) or "unknown",
        "sentences": len(rows.loc[rows["sentence"] != "", ["corpus", "sentence"]].drop_duplicates()),
    }


def _sounds(rows: pd.DataFrame) -> dict:
    seconds, level = rows["duration"], rows["level"]
    return {
        "recordings": len(rows),
        "shortest s": round(seconds.min(), 1),
        "median s": round(seconds.median(), 1),
        "longest s": round(seconds.max(), 1),
        "hours": f"{seconds.sum() / 3600:.2f}",
        "quietest dBFS": round(level.min()),
        "median dBFS": round(level.median()),
        "loudest dBFS": round(level.max()),
    }


def _splits(rows: pd.DataFrame) -> dict:
    parts = {split: rows[rows["split"] == split] for split in SPLITS}
    clips = {split: len(part) for split, part in parts.items()}
    return clips | {f"{split} speakers": len(_people(part)) for split, part in parts.items()}


def _set_aside(rejected: list[Rejected]) -> pd.DataFrame:
    kinds: dict[str, list[str]] = {}
    for recording in rejected:
        kind, _, detail = recording.reason.partition(": ")
        name = Path(recording.path).name
        kinds.setdefault(kind, []).append(f"{name} ({detail})" if detail else name)
    rows = {
        kind: {"recordings": len(names), "which": "; ".join(names[:NAMED]) + ("; ..." if names[NAMED:] else "")}
        for kind, names in kinds.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["recordings", "which"])
