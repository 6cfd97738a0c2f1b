"""The note on what the page can tell, what it cannot, and what happens to a visitor's audio."""

import math

from ser_demo.ui.words import Language, say

CLEANING = 10 * 60  # seconds between two rounds of deleting

_ACT = "https://eur-lex.europa.eu/eli/reg/2024/1689/oj"


def about_html(language: Language, audio_kept: float) -> str:
    """The note as HTML: short form always in sight, the rest to unfold.

    `audio_kept` is the seconds after which a recording may be deleted.
    """
    privacy = say(language, "about.privacy", minutes=math.ceil((audio_kept + CLEANING) / 60))
    explained = "".join(f"<p>{say(language, f'about.how.{part}')}</p>" for part in ("windows", "limits"))
    return (
        '<section class="ser-about" aria-labelledby="ser-about-title">'
        f'<h2 id="ser-about-title">{say(language, "about.title")}</h2>{points_html(language)}'
        f"<p>{privacy}</p>"
        f"<details><summary>{say(language, 'about.how')}</summary>{explained}</details></section>"
    )


def points_html(language: Language) -> str:
    """What a result means, as a list."""
    points = (say(language, f"about.{key}", act=_ACT) for key in ("sounds", "actors", "decide", "law"))
    return f"<ul>{''.join(f'<li>{point}</li>' for point in points)}</ul>"
