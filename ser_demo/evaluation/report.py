"""An evaluation as one HTML page that holds everything it shows: figures, tables, and how to read them."""

from importlib.resources import files

from jinja2 import Environment

from ser_demo.evaluation import charts
from ser_demo.evaluation.figures import Evaluation
from ser_demo.evaluation.markdown import notes, percent, points, scaling_note


def to_html(evaluation: Evaluation) -> str:
    """The whole page; it loads nothing from anywhere, and follows the reader's choice of light or dark."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(percent=percent, points=points)
    template = files("ser_demo.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    page = environment.from_string(template)
    return page.render(evaluation=evaluation, charts=charts, notes=notes(evaluation), scaling_note=scaling_note)
