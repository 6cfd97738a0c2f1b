"""An evaluation as Markdown: the tables of the model card and the README, in percent."""

from collections.abc import Iterable, Sequence

import numpy as np

from ser_demo.evaluation.figures import ClassFigures, CorpusFigures, Evaluation, Scaling
from ser_demo.evaluation.metrics import gap_by_chance


def to_markdown(evaluation: Evaluation) -> str:
    """The table of corpora, what a reader must know of it, and tables of calibration and robustness if measured."""
    parts = [_table(MAIN, map(_main_row, evaluation.corpora)), notes(evaluation)]
    if evaluation.scaling is not None:
        rows = [(row.corpus, percent(row.ece_before), percent(row.ece_after or 0.0)) for row in evaluation.corpora]
        parts += [scaling_note(evaluation.scaling), _table(("corpus", "ECE % before", "ECE % after"), rows)]
    if evaluation.uncertain_below:
        parts.append(coverage_note(evaluation.uncertain_below))
        answered = [_coverage_row(row, evaluation.uncertain_below) for row in evaluation.corpora]
        parts.append(_table(("corpus", "answered %", "of them right %", "of all right %"), answered))
    if any(row.lengths for row in evaluation.corpora):
        parts.append("UAR % by the seconds of speech that are heard, in brackets how many pieces:")
        seconds = sorted({part.seconds for row in evaluation.corpora for part in row.lengths})
        head = ("corpus", *(f"{second:g} s" for second in seconds))
        parts.append(_table(head, [_length_row(row, seconds) for row in evaluation.corpora]))
    conditions = [figures.condition for figures in evaluation.corpora[0].robustness]
    if conditions:
        parts.append("UAR %, and what is lost of the clean recordings' in points, of the same clips:")
        parts.append(_table(("corpus", "clean", *conditions), map(_robustness_row, evaluation.corpora)))
    return "\n\n".join(parts)


MAIN = (
    "corpus", "clips", "speakers", "labels", "UAR %", "UAR % strict", "WA %", "macro-F1 %", "ECE %", "no answer",
)  # fmt: skip


def _main_row(row: CorpusFigures) -> tuple[str, ...]:
    uar = percent(row.uar)
    if row.intervals is not None:
        low, high = row.intervals["uar"]
        uar += f" ({100 * low:.0f}-{100 * high:.0f})"
    counts = (str(count) for count in (row.clips, row.speakers, row.labels))
    others = (percent(figure) for figure in (row.uar_strict, row.wa, row.macro_f1, row.ece))
    return (row.corpus, *counts, uar, *others, str(row.unanswered))


def _robustness_row(row: CorpusFigures) -> tuple[str, ...]:
    degraded = (f"{percent(figures.uar)} ({points(figures.loss)})" for figures in row.robustness)
    return (row.corpus, percent(row.uar), *degraded)


def _coverage_row(row: CorpusFigures, bound: float) -> tuple[str, ...]:
    at_bound = row.covered(bound)
    return (row.corpus, percent(at_bound.coverage), percent(at_bound.accuracy), percent(row.wa))


def _length_row(row: CorpusFigures, seconds: Sequence[float]) -> tuple[str, ...]:
    measured = {part.seconds: f"{percent(part.uar)} ({part.pieces})" for part in row.lengths}
    return (row.corpus, *(measured.get(second, "") for second in seconds))


def notes(evaluation: Evaluation) -> str:
    """Sentences on what the figures rest on, and on what they leave out."""
    sentences = []
    if evaluation.split in ("train", "dev"):
        sentences.append(f"Measured on the {evaluation.split} part, not on test speakers.")
    if any(row.intervals is not None for row in evaluation.corpora):
        sentences.append("Ranges are 95 % intervals: had other speakers been drawn, figures would lie there.")
    without = [row for row in evaluation.corpora if row.intervals is None]
    if unknown := [row.corpus for row in without if _has_unknown_speakers(row)]:
        sentences.append(f"No interval, as not all speakers are known: {', '.join(unknown)}.")
    if few := [row.corpus for row in without if not _has_unknown_speakers(row)]:
        sentences.append(f"Too few speakers for an interval: {', '.join(few)}.")
    if absent := [
        f"{row.corpus} {part.emotion}" for row in evaluation.corpora for part in row.classes if not part.clips
    ]:
        sentences.append(f"Emotions without a clip here, which the UAR leaves out: {', '.join(absent)}.")
    if rare := [f"{row.corpus} {part.emotion} ({part.clips})" for row in evaluation.corpora for part in _rare(row)]:
        sentences.append(f"So few clips that the UAR, which counts emotions alike, hangs on them: {', '.join(rare)}.")
    by_chance = ", ".join(f"{percent(_gap_by_chance(row))} % on {row.corpus}" for row in evaluation.corpora)
    sentences.append(f"Perfect probabilities would show, by chance alone, an ECE of {by_chance}.")
    for corpus, emotions in evaluation.left_out.items():
        counts = ", ".join(f"{count} {emotion}" for emotion, count in emotions.items())
        sentences.append(f"Not measured, because the model cannot answer so: of {corpus} {counts}.")
    if count := len(evaluation.set_aside):
        sentences.append(f"Recordings that are silent, there twice or under two labels, and were set aside: {count}.")
    if count := len(evaluation.skipped):
        sentences.append(f"Recordings that could not be read and were skipped: {count}.")
    return " ".join(sentences)


def _gap_by_chance(row: CorpusFigures) -> float:
    clips = np.array([part.clips for part in row.reliability])
    return gap_by_chance(clips, np.array([part.confidence for part in row.reliability]))


def _has_unknown_speakers(row: CorpusFigures) -> bool:
    return row.clips > sum(part.clips for part in row.by_speaker if part.speakers)


def _rare(row: CorpusFigures) -> list[ClassFigures]:
    """The emotions of which one clip moves the recall by more than a fifth."""
    return [figures for figures in row.classes if 0 < figures.clips < 5]


def scaling_note(scaling: Scaling) -> str:
    """What stands between the calibration error before and after."""
    temperature = f"{scaling.temperature:.2f}"
    if scaling.is_folded_in:
        return f"Before and after the temperature ({temperature}) and the biases that the model answers with:"
    return f"Before (as the model answers) and after a temperature ({temperature}) fitted on the development speakers:"


def coverage_note(bound: float) -> str:
    """What becomes of answers that the model is not sure of."""
    return (
        f"An answer below {100 * bound:.0f} % is called uncertain. That bound was chosen on the development speakers; "
        "what is left above it:"
    )


def percent(share: float) -> str:
    """61.7 for 0.617."""
    return f"{100 * share:.1f}"


def points(loss: float) -> str:
    """-3.1 for a loss of 0.031, +3.1 for a gain of as much."""
    return f"{round(-100 * loss, 1) + 0.0:+.1f}"


def cell(text: str) -> str:
    """Text that does not end its cell of a table, as the name of somebody's corpus could."""
    return text.replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(map(cell, line))} |" for line in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])
