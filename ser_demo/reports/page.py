"""A report as one HTML page that holds everything it shows."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment


def render_page(package: str, facts: Mapping[str, Any], filters: Mapping[str, Callable[..., str]] | None = None) -> str:
    """The `report.html` of `package`, filled in; it follows the reader's choice of light or dark.

    Args:
        package: that the template lies in; it takes the style that all reports share as `style`.
        facts: what the template asks for.
        filters: further Jinja filters that it uses.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(filters or {})
    template = files(package).joinpath("report.html").read_text(encoding="utf-8")
    style = files("ser_demo.reports").joinpath("page.css").read_text(encoding="utf-8")
    return environment.from_string(template).render(style=style, **facts)
