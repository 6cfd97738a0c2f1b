"""What the page says, in plain words."""

import re

from ser_demo.result import Channel

TITLE = "SER Demo"
INTRODUCTION = "Which emotion does a voice suggest, and when? Upload a recording or use your microphone."
EXAMPLES_LABEL = "Try an example (synthetic speech, nobody's real voice)"
CAUTION = "Probabilities of acted emotions, not of what anyone feels. No lie detector, no diagnosis."
NOTHING_CHOSEN = "No recording chosen. Upload one, record your voice, or try an example."
STOPPING = "The server is being stopped. Please try again later."
APOLOGY = "Sorry, something went wrong on our side, not with your recording. Please try again."

NO_BREAK = "\u00a0"  # a space that keeps a number and its unit on one line
CLEAR = 0.5  # probability from which one emotion is called the main one
CLOSE = 0.05  # two emotions nearer to each other than this are not told apart in words


def header_html() -> str:
    """The page's title and what it is for."""
    return f'<header class="ser-header"><h1>{TITLE}</h1><p>{INTRODUCTION}</p></header>'


def clock(seconds: float) -> str:
    """A time as m:ss or h:mm:ss."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def length(seconds: float) -> str:
    """A length in words: "4.2 s", "3 min 5 s", "4 h"."""
    if seconds < 10:
        return f"{seconds:.1f}{NO_BREAK}s"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    parts = ((hours, "h"), (minute, "min"), (second, "s"))
    return " ".join(f"{number}{NO_BREAK}{unit}" for number, unit in parts if number)


def percent(probability: float) -> str:
    """A probability as a whole percentage."""
    number = "under 1" if 0 < probability < 0.005 else f"{100 * probability:.0f}"
    return f"{number}{NO_BREAK}%"


def progress_text(done: float, total: float) -> str:
    """How far the analysis is, of seconds: "0:40 of 3:00"."""
    return f"{clock(done)} of {clock(total)}"


def channel_name(number: int, count: int) -> str:
    """What people call channel `number` (from 0) of `count`."""
    if count == 1:
        return "Recording"
    return ("Left", "Right")[number] if count == 2 else f"Channel {number + 1}"


def summary(channel: Channel) -> str:
    """One line on a channel: "mostly angry (71 %), 14 s of speech"."""
    if not channel.scores:
        return "not enough speech to tell"
    return f"{_verdict(channel)}, {length(channel.speech_length)} of speech"


def _verdict(channel: Channel) -> str:
    (emotion, top), *others = channel.scores.items()
    first = f"{emotion} ({percent(top)})"
    if top >= CLEAR:
        return f"mostly {first}"
    if others and top - others[0][1] < CLOSE:
        return f"unclear, perhaps {first} or {others[0][0]} ({percent(others[0][1])})"
    return f"perhaps {first}"


def warning_text(warning: str, count: int) -> str:
    """A result's warning as a sentence, with channels called as on the page."""

    def named(match: re.Match[str]) -> str:
        one, other = (channel_name(int(number), count) for number in match.groups())
        return f"{one} and {other}"

    text = re.sub(r"\bchannels (\d+) and (\d+)", named, warning)
    return text[:1].upper() + text[1:].rstrip(".") + "."
