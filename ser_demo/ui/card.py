"""One channel in words and bars, as HTML."""

from html import escape

from ser_demo.result import Channel
from ser_demo.ui.palette import colour_of
from ser_demo.ui.wording import channel_name, percent, summary, warning_text

MOST_BARS = 10  # other checkpoints may know hundreds of labels


def card_html(channel: Channel, count: int) -> str:
    """The card of one channel out of `count`: its name, a sentence, a bar per emotion, and its warnings."""
    name, sentence = channel_name(channel.channel_number, count), summary(channel)
    return (
        f'<section class="ser-card" aria-label="{name}"><h3>{name}</h3>'
        f'<p class="ser-summary">{escape(sentence[0].upper() + sentence[1:])}</p>'
        f"{_bars(channel)}{_warnings(channel, count)}</section>"
    )


def _bars(channel: Channel) -> str:
    if not channel.scores:
        return ""
    shown = list(channel.scores.items())[:MOST_BARS]
    rows = "".join(_bar(emotion, probability) for emotion, probability in shown)
    rest = len(channel.scores) - len(shown)
    more = f'<p class="ser-quiet">and {rest} less probable ones</p>' if rest else ""
    caption = "<caption>Probability of each emotion</caption>"
    return f'<table class="ser-bars">{caption}<tbody>{rows}</tbody></table>{more}'


def _bar(emotion: str, probability: float) -> str:
    width = min(max(probability, 0.0), 1.0)
    style = f"width:{width:.1%};background:{colour_of(emotion).fill}"
    return (
        f'<tr><th scope="row">{escape(emotion)}</th>'
        f'<td aria-hidden="true"><div class="ser-track"><div style="{style}"></div></div></td>'
        f"<td>{percent(probability)}</td></tr>"
    )


def _warnings(channel: Channel, count: int) -> str:
    items = "".join(f"<li>{escape(warning_text(warning, count))}</li>" for warning in channel.warnings)
    return f'<ul class="ser-warnings">{items}</ul>' if items else ""
