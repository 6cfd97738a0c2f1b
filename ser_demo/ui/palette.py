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
