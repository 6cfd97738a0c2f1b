"""Figures as SVG that takes its text colour from the page around it, and so reads on light pages and on dark ones."""

import io
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure

FOREGROUND = "#010203"  # stands for the page's text colour
COLOURS = ("#3f7fd0", "#d9822b", "#2a9d74", "#b565c4", "#c9a227", "#4aa8c0", "#d1495b", "#7a8699")
STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a name with dollar signs is no formula
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "ser-demo",  # the same figures, the same file
    "text.color": FOREGROUND,
    "axes.edgecolor": FOREGROUND,
    "axes.labelcolor": FOREGROUND,
    "axes.titlecolor": FOREGROUND,
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "xtick.color": FOREGROUND,
    "ytick.color": FOREGROUND,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "grid.color": FOREGROUND,
    "grid.alpha": 0.15,
    "font.size": 10,
    "legend.frameon": False,
}


def to_svg(figure: Figure) -> str:
    """A figure that was drawn within `matplotlib.rc_context(STYLE)`, as an <svg> element."""
    file = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = file.getvalue()
    return text[text.index("<svg") :].replace(FOREGROUND, "currentColor")
