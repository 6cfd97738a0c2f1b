"""One channel in words and bars, as HTML."""

from html import escape

from ser_demo.result import Channel, Model, Result, Scores
from ser_demo.ui.palette import colour_of
from ser_demo.ui.wording import bound_of, capital, emotion_name, percent, summary, warning_text
from ser_demo.ui.words import Language, say

MOST_BARS = 10  # other checkpoints may know hundreds of labels


def card_html(channel: Channel, names: list[str], language: Language) -> str:
    """The card of one channel: its name (one of `names`), a sentence, a bar per emotion, and its warnings."""
    name = escape(names[channel.channel_number])
    return (
        f'<section class="ser-card" aria-label="{name}"><h3>{name}</h3>'
        f'<p class="ser-summary">{escape(capital(summary(channel, language)))}</p>'
        f"{bars_html(channel.scores, language, bound_of(channel))}{_warnings(channel, names, language)}</section>"
    )


def cards_html(result: Result, names: list[str], language: Language) -> str:
    """The cards of all channels, side by side where there is room."""
    cards = "".join(card_html(channel, names, language) for channel in result.channels)
    return f'<div class="ser-cards">{cards}</div>'


def answered_html(model: Model, language: Language) -> str:
    """Which model answered, in a line below the cards."""
    return f'<p class="ser-quiet ser-answered">{escape(say(language, "answered", model=model.name))}</p>'


def bars_html(scores: Scores, language: Language, below: int | None = None) -> str:
    """A bar per emotion, in the order of the scores; nothing for empty ones. None reaches `below` percent."""
    if not scores:
        return ""
    shown = list(scores.items())[:MOST_BARS]
    rows = "".join(_bar(emotion, probability, language, below) for emotion, probability in shown)
    rest = len(scores) - len(shown)
    more = f'<p class="ser-quiet">{say(language, "bars.rest", count=rest)}</p>' if rest else ""
    caption = f"<caption>{say(language, 'probabilities')}</caption>"
    return f'<table class="ser-bars">{caption}<tbody>{rows}</tbody></table>{more}'


def _bar(emotion: str, probability: float, language: Language, below: int | None) -> str:
    width = min(max(probability, 0.0), 1.0)
    style = f"width:{width:.1%};background:{colour_of(emotion).fill}"
    return (
        f'<tr><th scope="row">{escape(emotion_name(emotion, language))}</th>'
        f'<td aria-hidden="true"><div class="ser-track"><div style="{style}"></div></div></td>'
        f"<td>{percent(probability, language, below)}</td></tr>"
    )


def _warnings(channel: Channel, names: list[str], language: Language) -> str:
    items = "".join(f"<li>{escape(warning_text(warning, names, language))}</li>" for warning in channel.warnings)
    return f'<ul class="ser-warnings">{items}</ul>' if items else ""
