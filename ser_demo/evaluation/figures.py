"""What an evaluation finds: frozen values that make up `evaluation.json`. Every share and figure is 0 to 1."""

from dataclasses import asdict, dataclass
from typing import Any

from ser_demo.evaluation.intervals import Interval


@dataclass(frozen=True)
class ClassFigures:
    """One emotion of a corpus; `clips` truly have it."""

    emotion: str
    clips: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class GroupFigures:
    """The clips of one gender or of one speaker; `name` is "unknown" where the recordings do not tell."""

    name: str
    speakers: int
    clips: int
    uar: float
    wa: float


@dataclass(frozen=True)
class ReliabilityBin:
    """The answered clips whose top probability lies in one of 15 equal ranges: how sure, and how often right."""

    clips: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class ConditionFigures:
    """The same clips under one condition of `robustness.CONDITIONS`; `loss` is the clean recordings' UAR less `uar`."""

    condition: str
    uar: float
    loss: float
    unanswered: int


@dataclass(frozen=True)
class CoveragePoint:
    """What is left when answers whose top probability lies below `certainty` do not count as answers.

    `coverage` is the share of clips that are still answered, `accuracy` the share of right answers among them.
    """

    certainty: float
    coverage: float
    accuracy: float


@dataclass(frozen=True)
class LengthFigures:
    """What `seconds` of speech are worth: pieces with so much, cut from the joined clips of a speaker's emotion."""

    seconds: float
    pieces: int
    uar: float


@dataclass(frozen=True)
class CorpusFigures:
    """One corpus, scored over the emotions that it shares with the model.

    Attributes:
        corpus: its name.
        clips, speakers, labels: how many were tested, and over how many emotions; unknown speakers count as none.
        unanswered: clips without enough speech to tell, which count as wrong.
        uar, wa, macro_f1, ece: over the shared emotions.
        uar_strict: over all the model's emotions.
        intervals: the 95 % intervals of "uar", "wa", "macro_f1" and "ece" over speakers; None for fewer than three,
            or where some are unknown.
        ece_before: ECE without temperature scaling.
        ece_after: ECE with it; None where there is none, and nothing to fit one on. See `Scaling`.
        classes: by emotion.
        confusion: clips by true emotion and answer, both in the order of `classes`; the last column is no answer.
        reliability: the bins that hold clips, from unsure to sure.
        by_gender, by_speaker: by group.
        coverage: from no certainty that is asked for to much of it, and at the model's own bound.
        robustness: by condition, empty where none was measured.
        lengths: by length of speech, empty where none was measured.
    """

    corpus: str
    clips: int
    speakers: int
    labels: int
    unanswered: int
    uar: float
    wa: float
    macro_f1: float
    ece: float
    uar_strict: float
    intervals: dict[str, Interval] | None
    ece_before: float
    ece_after: float | None
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]
    by_gender: tuple[GroupFigures, ...]
    by_speaker: tuple[GroupFigures, ...]
    coverage: tuple[CoveragePoint, ...]
    robustness: tuple[ConditionFigures, ...]
    lengths: tuple[LengthFigures, ...]

    def covered(self, bound: float) -> CoveragePoint:
        """What is left at a bound; at the next one that was measured where it was not."""
        return next((point for point in self.coverage if point.certainty >= bound), self.coverage[-1])


@dataclass(frozen=True)
class Scaling:
    """The temperature (Guo et al., 2017) between `ece_before` and `ece_after`.

    Attributes:
        temperature: above 1 makes the answers less sure.
        is_folded_in: True where the checkpoint already answers with it (and with its biases), so that `ece_after` is
            its ECE; False where it was fitted here, on the development speakers' clips, so that `ece_before` is.
    """

    temperature: float
    is_folded_in: bool


@dataclass(frozen=True)
class Evaluation:
    """The figures of one checkpoint on one split.

    Attributes:
        model: the checkpoint's name, "embedded" for the one that comes with SER Demo.
        split: "test", "dev", "train" or "all".
        corpora: in alphabetical order.
        left_out: by corpus, how many clips have an emotion that the model does not know (of a corpus that shares
            fewer than two with the model: all of them).
        skipped: recordings that could not be read, and why.
        scaling: None where there was none to measure.
        uncertain_below: top probability below which the checkpoint calls its answer uncertain; 0 for never.
        set_aside: recordings that cannot tell right from wrong, and why: silent, there twice, or under two labels.
    """

    model: str
    split: str
    corpora: tuple[CorpusFigures, ...]
    left_out: dict[str, dict[str, int]]
    skipped: tuple[str, ...]
    scaling: Scaling | None
    uncertain_below: float
    set_aside: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with all digits: a table made of it rounds the same numbers as one made of the figures."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "Evaluation":
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError: another version wrote it.
        """
        corpora = tuple(_corpus(row) for row in content["corpora"])
        scaling = content["scaling"] and Scaling(**content["scaling"])
        lists = {name: tuple(content.get(name, ())) for name in ("skipped", "set_aside")}
        return cls(**{**content, **lists, "corpora": corpora, "scaling": scaling})


def _corpus(row: dict[str, Any]) -> CorpusFigures:
    nested: dict[str, Any] = {
        "classes": ClassFigures,
        "reliability": ReliabilityBin,
        "by_gender": GroupFigures,
        "by_speaker": GroupFigures,
        "coverage": CoveragePoint,
        "robustness": ConditionFigures,
        "lengths": LengthFigures,
    }
    parts = {key: tuple(kind(**part) for part in row[key]) for key, kind in nested.items()}
    intervals = row["intervals"] and {figure: tuple(bounds) for figure, bounds in row["intervals"].items()}
    return CorpusFigures(**{**row, **parts, "intervals": intervals, "confusion": tuple(map(tuple, row["confusion"]))})
