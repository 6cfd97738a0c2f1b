"""What the recordings are, as one HTML page that holds everything it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser_demo.corpora.charts import draw_emotions, draw_example, draw_histogram, draw_splits
from ser_demo.corpora.cleaning import clean, load_mono
from ser_demo.corpora.overview import TOTAL, Overview
from ser_demo.corpora.preparation import Survey
from ser_demo.corpora.table import SPLITS
from ser_demo.labels import in_order
from ser_demo.reports.page import render_page

LONGEST = 8.0  # seconds; what lasts longer joins the last bar


@dataclass(frozen=True)
class Example:
    """One clip of an emotion: where it is from, and its drawing as SVG."""

    emotion: str
    source: str
    svg: str


def to_html(overview: Overview, survey: Survey, remarks: list[str], progress: Callable[[int, int], None]) -> str:
    """The whole page; it loads nothing from anywhere and follows the reader's choice of light or dark.

    Args:
        overview: the tables.
        survey: of the clips, for the histograms and the examples.
        remarks: what else is worth knowing, a line each.
        progress: told how many examples are drawn and of how many.
    """
    recordings = survey.table.drop_duplicates("path")
    charts = {}
    if len(recordings):
        seconds = f"seconds (last bar: {LONGEST:.0f} and more)"
        charts["lengths"] = draw_histogram(recordings, "duration", seconds, "recordings", LONGEST)
        charts["levels"] = draw_histogram(recordings, "level", "level of the speech, dBFS", "recordings")
    if not overview.by_speaker.empty:
        charts["speakers"] = draw_histogram(overview.by_speaker.reset_index(), "all", "clips", "speakers")
    if not overview.splits.empty:
        charts["splits"] = draw_splits(_each_corpus(overview.splits)[list(SPLITS)])
    charts["emotions"] = draw_emotions(_each_corpus(overview.emotions).drop(columns="all"))
    facts = {
        "overview": overview,
        "charts": charts,
        "examples": _draw_examples(recordings, progress),
        "remarks": remarks,
    }
    return render_page("ser_demo.corpora", facts)


def _each_corpus(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(index=TOTAL, errors="ignore")


def choose_examples(table: pd.DataFrame) -> dict[str, int]:
    """By emotion the row of a clip, all of one speaker and one sentence as far as that goes: so they compare best."""
    known = table[table["speaker"] != ""]
    for columns in (["corpus", "speaker"], ["sentence"]):
        variety = known.groupby(columns)["emotion"].transform("nunique")
        known = known[variety == variety.max()]
        if len(known):
            first = known[columns].iloc[0]
            known = known[(known[columns] == first).all(axis=1)]
    preferred = pd.concat([known, table]).drop_duplicates("emotion")
    rows = dict(zip(preferred["emotion"], preferred.index, strict=True))
    return {emotion: rows[emotion] for emotion in in_order(table["emotion"])}


def _draw_examples(recordings: pd.DataFrame, progress: Callable[[int, int], None]) -> list[Example]:
    """Their first clips, made again: to keep those of all recordings would take a gigabyte for every 15,000."""
    chosen = choose_examples(recordings)
    examples = []
    for number, (emotion, row) in enumerate(chosen.items(), start=1):
        clip = recordings.loc[row]
        speaker = f", speaker {clip['speaker']}" if clip["speaker"] else ""
        source = f"{clip['corpus']}{speaker}, {Path(clip['path']).name}"
        examples.append(Example(emotion, source, draw_example(clean(load_mono(clip["path"])).clips[0])))
        progress(number, len(chosen))
    return examples
