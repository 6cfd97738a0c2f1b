"""An evaluation as one HTML page that holds everything it shows: figures, tables, and how to read them."""

from ser_demo.evaluation import charts
from ser_demo.evaluation.figures import Evaluation
from ser_demo.evaluation.markdown import coverage_note, notes, percent, points, scaling_note
from ser_demo.reports.page import render_page


def to_html(evaluation: Evaluation) -> str:
    """The whole page; it loads nothing from anywhere, and follows the reader's choice of light or dark."""
    facts = {
        "evaluation": evaluation,
        "charts": charts,
        "notes": notes(evaluation),
        "coverage_note": coverage_note,
        "scaling_note": scaling_note,
    }
    return render_page("ser_demo.evaluation", facts, {"percent": percent, "points": points})
