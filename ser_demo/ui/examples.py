"""The recordings that the page offers, all of them synthetic."""

from pathlib import Path

import ser_demo
from ser_demo.ui.words import Language, say

FOLDER = Path(ser_demo.__file__).parent.parent / "examples"
LABELS = {
    "call_two_channels.flac": "example.call",
    "happy_phone.wav": "example.happy",
    "sad_voice.flac": "example.sad",
    "neutral_news.m4a": "example.news",
    "hold_music.ogg": "example.music",
}


def example_files() -> dict[Path, str]:
    """Each recording that is there, and the key of its name; empty where only the package is installed."""
    return {FOLDER / name: key for name, key in LABELS.items() if (FOLDER / name).is_file()}


def examples_html(language: Language) -> str:
    """The title of the row of examples; empty where there are none."""
    return f'<p class="ser-quiet">{say(language, "examples")}</p>' if example_files() else ""
