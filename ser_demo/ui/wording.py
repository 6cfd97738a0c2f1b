"""Numbers, names and results in words, in the reader's language."""

import re

from ser_demo.result import Channel, Scores
from ser_demo.ui.words import Language, say, say_if_known

NO_BREAK = "\u00a0"  # a space that keeps a number and its unit on one line
CLEAR = 0.5  # probability from which one emotion is called the main one
CLOSE = 0.05  # two emotions nearer to each other than this are not told apart in words

# How the warnings of a result begin, see `recognizer` and `audio.stream`.
_WARNINGS = {
    "warning.speech": r"not enough speech: (?P<found>[\d.]+) s found, (?P<needed>[\d.]+) s",
    "warning.uncertain": r"uncertain: no emotion reaches (?P<bound>\d+) %",
    "warning.drowned": r"uncertain: the noise is louder than the voice",
    "warning.twins": r"channels (?P<first>\d+) and (?P<second>\d+) carry the same audio",
    "warning.early": r"the file ends early: (?P<read>[\d.]+) s of the (?P<declared>[\d.]+) s",
    "warning.end": r"the file ends early: its end mark is missing and (?P<read>[\d.]+) s",
    "warning.tracks": r"the file has (?P<count>\d+) sound tracks",
    "warning.damaged": r"a part of the file is damaged and was left out: (?P<read>[\d.]+) s",
}


def clock(seconds: float) -> str:
    """A time as m:ss or h:mm:ss."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def length(seconds: float, language: Language) -> str:
    """A length in words: "4.2 s", "3 min 5 s", "4 h"."""
    if seconds < 10:
        return f"{_decimal(f'{seconds:.1f}', language)}{NO_BREAK}s"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    parts = ((hours, "h"), (minute, "min"), (second, "s"))
    return " ".join(f"{number}{NO_BREAK}{unit}" for number, unit in parts if number)


def percent(probability: float, language: Language, below: int | None = None) -> str:
    """A probability as a whole percentage; what does not reach `below` percent is not rounded up to it."""
    if 0 < probability < 0.005:
        return say(language, "under", percent=f"1{NO_BREAK}%").replace(" ", NO_BREAK)
    shown = round(100 * probability)
    if below is not None and 100 * probability < below:
        shown = min(shown, below - 1)
    return f"{shown}{NO_BREAK}%"


def bound_of(channel: Channel) -> int | None:
    """The percentage that no emotion reaches, as a warning of the channel says; None where none says so."""
    found = (re.match(_WARNINGS["warning.uncertain"], warning) for warning in channel.warnings)
    return next((int(match["bound"]) for match in found if match), None)


def _decimal(number: str, language: Language) -> str:
    return number.replace(".", ",") if language == "de" else number


def progress_text(done: float, total: float, language: Language) -> str:
    """How far the analysis is, of seconds: "0:40 of 3:00"."""
    return say(language, "progress", done=clock(done), total=clock(total))


def emotion_name(emotion: str, language: Language) -> str:
    """An emotion's name; what only another checkpoint knows keeps the name that it has there."""
    return say_if_known(language, f"emotion.{emotion}", otherwise=emotion)


def channel_name(number: int, count: int, language: Language) -> str:
    """What people call channel `number` (from 0) of `count`."""
    if count == 1:
        return say(language, "channel.only")
    if count == 2:
        return say(language, ("channel.left", "channel.right")[number])
    return say(language, "channel.number", number=number + 1)


def summary(channel: Channel, language: Language) -> str:
    """One line on a channel: "mostly angry (71 %), 14 s of speech"."""
    said = channel_verdict(channel, language)
    if not channel.scores:
        return said
    return say(language, "summary", verdict=said, length=length(channel.speech_length, language))


def channel_verdict(channel: Channel, language: Language) -> str:
    """The same without how much speech there is: "mostly angry (71 %)", or that there is not enough."""
    if not channel.scores:
        return say(language, "summary.none")
    if channel.is_uncertain:
        return uncertain_verdict(channel.scores, language, bound_of(channel))
    return verdict(channel.scores, language)


def verdict(scores: Scores, language: Language) -> str:
    """What scores say, and how surely: "mostly angry (71 %)"; not for empty ones."""
    (_, top), *others = scores.items()
    first, *rest = (f"{emotion_name(e, language)} ({percent(p, language)})" for e, p in scores.items())
    if top >= CLEAR:
        return say(language, "verdict.mostly", first=first)
    if others and top - others[0][1] < CLOSE:
        return say(language, "verdict.unclear", first=first, second=rest[0])
    return say(language, "verdict.perhaps", first=first)


def uncertain_verdict(scores: Scores, language: Language, below: int | None = None) -> str:
    """What scores say that the model itself does not take for an answer, as none reaches `below` percent."""
    emotion, probability = next(iter(scores.items()))
    guess = f"{emotion_name(emotion, language)} ({percent(probability, language, below)})"
    return say(language, "verdict.uncertain", first=guess)


def warning_text(warning: str, names: list[str], language: Language) -> str:
    """A result's warning as a sentence, with channels called by `names`."""
    for key, pattern in _WARNINGS.items():
        if match := re.match(pattern, warning):
            values = {
                name: names[int(value)] if name in ("first", "second") else _decimal(value, language)
                for name, value in match.groupdict().items()
            }
            return sentence(say(language, key, **values))
    return sentence(warning)


def sentence(text: str) -> str:
    """`text` with a capital at its beginning and a full stop at its end."""
    return capital(text).rstrip(".") + "."


def capital(text: str) -> str:
    """`text` with a capital at its beginning."""
    return text[:1].upper() + text[1:]
