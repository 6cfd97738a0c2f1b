"""What the tab "Model" shows of a checkpoint: what it is, how much it finds, what it takes for what, and its limits."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from ser_demo.corpora.public import SOURCES, title_of
from ser_demo.evaluation.figures import CorpusFigures, Evaluation
from ser_demo.evaluation.weaknesses import ill_calibrated, missed_most
from ser_demo.labels import in_order
from ser_demo.result import Model, Result
from ser_demo.ui.card import cards_html
from ser_demo.ui.player import default_names
from ser_demo.ui.wording import emotion_name, percent
from ser_demo.ui.words import Language, say, say_if_known

COLUMNS = ("corpus", "speakers", "clips", "labels", "uar", "ece", "unanswered", "guess")
MOST_NAMES = 20  # other checkpoints may know hundreds of labels


def read_evaluation(file: Path | None) -> Evaluation | None:
    """The figures in an `evaluation.json`; None where there is none, or it is of another kind."""
    if file is None:
        return None
    try:
        return Evaluation.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def model_html(model: Model, labels: list[str], evaluation: Evaluation | None, language: Language) -> str:
    """Name, emotions, the table of figures, and the limits."""
    names = [emotion_name(label, language) for label in in_order(labels)]
    listed = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    knows = say(language, "model.knows", count=len(names), emotions=escape(listed))
    version = say(language, "model.version", version=escape(model.version))
    return (
        f'<section class="ser-model"><h2>{escape(model.name)} <small>{version}</small></h2><p>{knows}</p>'
        f"{_figures(evaluation, language)}{_limits(evaluation, language)}</section>"
    )


def corpora_of(evaluation: Evaluation | None) -> list[tuple[str, str]]:
    """Title and name of each corpus that the figures are of."""
    return [(title_of(row.corpus), row.corpus) for row in evaluation.corpora] if evaluation else []


@lru_cache(maxsize=64)  # matplotlib takes a moment
def corpus_html(file: Path, corpus: str, language: Language) -> str:
    """The charts of one corpus of an `evaluation.json`; nothing where it has no such corpus."""
    from ser_demo.evaluation.charts import draw_confusion, draw_reliability

    def named(name: str) -> str:
        return say_if_known(language, f"chart.{name}", otherwise=emotion_name(name, language))

    evaluation = read_evaluation(file)
    for row in evaluation.corpora if evaluation is not None else ():
        if row.corpus == corpus:
            table = _confusion_table(row, named, language)
            confusion = _chart("confusion", draw_confusion(row, named), language, table)
            calibration = _chart("calibration", draw_reliability(row, named), language)
            return f'<div class="ser-charts">{confusion}{calibration}</div>'
    return ""


def compare_html(language: Language) -> str:
    """The title above the comparison of two models."""
    return f'<section class="ser-model"><h2>{say(language, "model.compare")}</h2></section>'


def comparison_html(results: Sequence[Result], language: Language) -> str:
    """The cards of one recording's channels by several models, a column for each model."""
    columns = "".join(
        f'<section aria-label="{escape(result.model.name)}"><h3>{escape(result.model.name)}</h3>'
        f"{cards_html(result, default_names(len(result.channels), language), language)}</section>"
        for result in results
    )
    return f'<div class="ser-comparison">{columns}</div>'


def _chart(kind: str, drawing: str, language: Language, table: str = "") -> str:
    title = say(language, f"model.{kind}")
    return (
        f'<figure class="ser-chart ser-chart-{kind}"><h3>{title}</h3>'
        f'<div class="ser-chart-drawing" tabindex="0" role="group" aria-label="{title}">'
        f'<div role="img" aria-label="{title}">{drawing}</div></div>'
        f'<figcaption class="ser-quiet">{say(language, f"model.{kind}.note")}</figcaption>{table}</figure>'
    )


def _confusion_table(row: CorpusFigures, named: Callable[[str], str], language: Language) -> str:
    """For those who cannot see the drawing, or want to copy its numbers."""
    emotions = [named(figures.emotion) for figures in row.classes]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in [*emotions, named("no answer")])
    body = "".join(
        f'<tr><th scope="row">{escape(emotion)}</th>{"".join(f"<td>{count}</td>" for count in counts)}</tr>'
        for emotion, counts in zip(emotions, row.confusion, strict=True)
    )
    corner = f'<th scope="col">{named("meant")} / {named("answered")}</th>'
    return (
        f"<details><summary>{say(language, 'model.confusion.table')}</summary>"
        f'<div class="ser-figures" tabindex="0"><table><thead><tr>{corner}{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
        "</details>"
    )


def _figures(evaluation: Evaluation | None, language: Language) -> str:
    title = f"<h3>{say(language, 'model.found')}</h3>"
    if evaluation is None:
        return f'{title}<p class="ser-unmeasured">{say(language, "model.unmeasured")}</p>'
    head = "".join(f'<th scope="col">{say(language, f"model.{column}")}</th>' for column in COLUMNS)
    body = "".join(_row(row, language) for row in evaluation.corpora)
    whose = say_if_known(language, f"model.found.{evaluation.split}", otherwise="")
    return (
        f'{title}<p class="ser-quiet">{whose} {say(language, "model.found.guess")}</p>'
        f'<div class="ser-figures" tabindex="0" role="group" aria-label="{say(language, "model.found")}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="ser-quiet">{say(language, "model.notes")}</p>'
    )


def _row(row: CorpusFigures, language: Language) -> str:
    interval = ""
    if row.intervals is not None:
        low, high = (f"{100 * edge:.0f}" for edge in row.intervals["uar"])
        interval = f"<small>{say(language, 'model.interval', low=low, high=high)}</small>"
    cells = (
        str(row.speakers),
        str(row.clips),
        str(row.labels),
        f"<strong>{percent(row.uar, language)}</strong>{interval}",
        percent(row.ece, language),
        str(row.unanswered),
        percent(1 / row.labels, language),
    )
    return (
        f'<tr><th scope="row">{escape(title_of(row.corpus))}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    )


def _limits(evaluation: Evaluation | None, language: Language) -> str:
    sentences = [say(language, "model.limit.labels")]
    corpora = evaluation.corpora if evaluation is not None else ()
    if corpora and all(row.corpus in SOURCES for row in corpora):
        sentences.append(say(language, "model.limit.acted"))
    if missed := missed_most(corpora):
        key = "model.limit.taken" if missed.taken_for else "model.limit.missed"
        values = {"share": percent(missed.found, language), "other": emotion_name(missed.taken_for or "", language)}
        sentences.append(say(language, key, emotion=emotion_name(missed.emotion, language), **values))
    if off := [title_of(row.corpus) for row in ill_calibrated(corpora)]:
        sentences.append(say(language, "model.limit.calibration", corpora=", ".join(off)))
    sentences.append(say(language, "model.limit.meaning"))
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h3>{say(language, 'model.limits')}</h3><ul>{items}</ul>"
