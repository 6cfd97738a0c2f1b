"""One fixed colour per emotion, told apart by colour-blind people too (Okabe and Ito's set of eight)."""

from dataclasses import dataclass

BLACK, WHITE = "#111111", "#ffffff"


@dataclass(frozen=True)
class Colour:
    """A background and the text colour that reads well on it (contrast 4.5 or more, WCAG AA), #rrggbb."""

    fill: str
    text: str


EMOTION_COLOURS = {
    "neutral": Colour("#c4c4c4", BLACK),
    "calm": Colour("#56b4e9", BLACK),
    "happy": Colour("#f0e442", BLACK),
    "sad": Colour("#0072b2", WHITE),
    "angry": Colour("#d55e00", BLACK),
    "fearful": Colour("#cc79a7", BLACK),
    "disgust": Colour("#009e73", BLACK),
    "surprised": Colour("#e69f00", BLACK),
}
UNKNOWN = Colour("#6b6b6b", WHITE)  # emotions that only other checkpoints know; their names tell them apart


def colour_of(emotion: str) -> Colour:
    """The colour of an emotion."""
    return EMOTION_COLOURS.get(emotion, UNKNOWN)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours after WCAG 2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
