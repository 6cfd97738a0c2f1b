"""The figures of an evaluation, drawn."""

from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ser_demo.evaluation.figures import CorpusFigures, GroupFigures
from ser_demo.reports.drawing import COLOURS, FOREGROUND, STYLE, to_svg

Naming = Callable[[str], str]  # what a chart calls an emotion, or anything else that it is labelled with

STRONGEST = 0.85  # of a colour behind text, which must stay readable in light and dark


def draw_confusion(row: CorpusFigures, named: Naming = str) -> str:
    """A heat map: rows are what the speakers meant, columns what the model answered, colour the share of the row.

    `named` gives the labels in another language.
    """
    counts = np.array(row.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    emotions = [named(figures.emotion) for figures in row.classes]

    def draw(axes: Axes) -> None:
        for (y, x), count in np.ndenumerate(counts):
            colour = to_rgba(COLOURS[0], STRONGEST * shares[y, x])
            axes.add_patch(Rectangle((x, y), 0.96, 0.94, color=colour, linewidth=0))
            axes.text(x + 0.48, y + 0.47, str(count), ha="center", va="center")
        axes.set(xlim=(0, counts.shape[1]), ylim=(len(counts), 0), xlabel=named("answered"), ylabel=named("meant"))
        axes.set_xticks(np.arange(counts.shape[1]) + 0.48, [*emotions, named("no answer")], rotation=40, ha="right")
        axes.set_yticks(np.arange(len(counts)) + 0.47, emotions)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return _draw(draw, width=1.8 + 0.55 * counts.shape[1], height=1.3 + 0.42 * len(counts))


def draw_reliability(row: CorpusFigures, named: Naming = str) -> str:
    """How often the model is right at each certainty; on the dotted line it would be as sure as it should be.

    `named` gives the labels in another language.
    """
    confidence = [100 * part.confidence for part in row.reliability]
    accuracy = [100 * part.accuracy for part in row.reliability]
    sizes = [6 + 260 * part.clips / row.clips for part in row.reliability]

    def draw(axes: Axes) -> None:
        axes.plot((0, 100), (0, 100), linestyle=":", color=FOREGROUND, linewidth=1)
        axes.vlines(confidence, confidence, accuracy, color=COLOURS[1], linewidth=2)
        axes.scatter(confidence, accuracy, s=sizes, zorder=3)
        axes.set(xlim=(0, 102), ylim=(-2, 104), xlabel=named("how sure, %"), ylabel=named("how often right, %"))
        axes.grid()

    return _draw(draw, width=3.9, height=3.5)


def draw_coverage(corpora: Sequence[CorpusFigures], bound: float) -> str:
    """How often answers are right when only the sure ones count, by how many those are; dots mark the bound in use."""

    def draw(axes: Axes) -> None:
        for row in corpora:
            points = [part for part in row.coverage if part.coverage > 0.02]  # fewer clips make a line of noise
            coverage, accuracy = ([100 * getattr(part, name) for part in points] for name in ("coverage", "accuracy"))
            (line,) = axes.plot(coverage, accuracy, label=row.corpus)
            in_use = row.covered(bound)
            axes.scatter(100 * in_use.coverage, 100 * in_use.accuracy, color=line.get_color(), zorder=3)
        axes.set(xlim=(102, 0), ylim=(0, 102), xlabel="answered, %", ylabel="of them right, %")
        axes.grid()
        axes.legend(loc="lower right")

    return _draw(draw, width=6, height=3.6)


def draw_lengths(corpora: Sequence[CorpusFigures]) -> str:
    """The UAR by seconds of speech."""

    def draw(axes: Axes) -> None:
        for row in corpora:
            axes.plot(
                [p.seconds for p in row.lengths], [100 * p.uar for p in row.lengths], marker="o", label=row.corpus
            )
        axes.set(xlim=(0, None), ylim=(0, 100), xlabel="seconds of speech", ylabel="UAR, %")
        axes.grid()
        axes.legend(loc="lower right")

    return _draw(draw, width=6, height=3.6)


def draw_classes(row: CorpusFigures) -> str:
    """Precision, recall and F1 of each emotion that has clips."""
    classes = [figures for figures in row.classes if figures.clips]
    names = [f"{figures.emotion} ({figures.clips})" for figures in classes]
    series = {name: [getattr(figures, name) for figures in classes] for name in ("precision", "recall", "f1")}
    return _bars(names, {"F1" if name == "f1" else name: values for name, values in series.items()}, "%")


def draw_groups(groups: Sequence[GroupFigures], mean: float) -> str:
    """The UAR of each group of clips, from the best to the worst, beside that of all."""
    ordered = sorted(groups, key=lambda group: -group.uar)
    return _bars([group.name for group in ordered], {"UAR": [group.uar for group in ordered]}, "UAR, %", mean)


def draw_robustness(corpora: Sequence[CorpusFigures]) -> str:
    """The UAR of clean and of degraded recordings."""
    names = ["clean", *(figures.condition for figures in corpora[0].robustness)]
    series = {row.corpus: [row.uar, *(figures.uar for figures in row.robustness)] for row in corpora}
    return _bars(names, series, "UAR, %")


def draw_overview(corpora: Sequence[CorpusFigures]) -> str:
    """The UAR of each corpus with its interval, and what guessing would give."""

    def draw(axes: Axes) -> None:
        positions = np.arange(len(corpora))
        axes.barh(positions, [100 * row.uar for row in corpora], height=0.6)
        for position, row in enumerate(corpora):
            if row.intervals is not None:
                low, high = row.intervals["uar"]
                axes.plot((100 * low, 100 * high), (position, position), color=FOREGROUND, linewidth=1.5, marker="|")
            axes.plot([100 / row.labels] * 2, (position - 0.4, position + 0.4), color=FOREGROUND, linestyle=":")
        axes.set_yticks(positions, [row.corpus for row in corpora])
        axes.set(xlim=(0, 100), xlabel="UAR, % (line: 95 % interval; dotted: guessing)")
        axes.invert_yaxis()
        axes.grid(axis="x")

    return _draw(draw, width=7, height=1.0 + 0.42 * len(corpora))


def _bars(names: Sequence[str], series: dict[str, list[float]], unit: str, mean: float | None = None) -> str:
    """Groups of upright bars, shares in percent."""
    longest = 0.1 * max(map(len, names))  # inches that a name takes, as all widths here
    for_name = max(0.32, 0.22 * len(series), longest if len(names) <= 8 else 0)
    width = min(11, max(3.5, 1.2 + for_name * len(names)))
    is_crowded = longest > (width - 1) / len(names)

    def draw(axes: Axes) -> None:
        positions, share = np.arange(len(names)), 0.8 / len(series)
        for number, (name, values) in enumerate(series.items()):
            offset = (number - (len(series) - 1) / 2) * share
            axes.bar(positions + offset, 100 * np.array(values), 0.92 * share, label=name)
        if mean is not None:
            axes.axhline(100 * mean, color=FOREGROUND, linestyle=":", linewidth=1)
        axes.set_xticks(positions, names)
        if is_crowded:
            axes.tick_params(axis="x", labelrotation=90)
        axes.set(xlim=(-0.6, len(names) - 0.4), ylim=(0, 100), ylabel=unit)
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y")
        if len(series) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=min(len(series), 5))

    return _draw(draw, width, height=3.3)


def _draw(draw: Callable[[Axes], None], width: float, height: float) -> str:
    """An <svg> element, `width` times `height` inches at 72 pixels each."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.subplots())
        return to_svg(figure)
