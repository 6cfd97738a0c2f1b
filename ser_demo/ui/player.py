"""The time line as the script in the browser draws and plays it (static/player.js): controls, waveform and blocks."""

from html import escape
from typing import Any

from ser_demo.result import Result, Scores, Segment
from ser_demo.ui.blocks import blocks_of
from ser_demo.ui.palette import colour_of
from ser_demo.ui.sound import Sound
from ser_demo.ui.wording import channel_name, clock, emotion_name, percent
from ser_demo.ui.words import Language, say

MOST_BLOCKS = 4000  # in all channels together; of a longer recording neighbours are joined
JOINED_GAP = 1.0  # seconds; a pause in speech, not a change of speaker
LONGEST_NAME = 40  # letters
TOLD = 3  # emotions named when somebody points at a block


def default_names(count: int, language: Language) -> list[str]:
    """What channels are called until somebody renames them."""
    return [channel_name(number, count, language) for number in range(count)]


def chosen_names(given: list[str] | None, count: int, language: Language) -> list[str]:
    """The names that a visitor gave, and where there is none the default."""
    names = default_names(count, language)
    for number, name in enumerate((given or [])[:count]):
        names[number] = str(name).strip()[:LONGEST_NAME] or names[number]
    return names


def player_value(result: Result, sound: Sound, names: list[str], language: Language) -> dict[str, Any]:
    """All that the script needs to draw a recording, and the `sound` that later events draw it from anew."""
    duration = recording_length(result)
    return {
        "sound": sound.to_dict(),
        "recording": sound.path,
        "source": sound.path,
        "duration": duration,
        "waveform": sound.to_dict()["waveform"],
        "blocks": _blocks(result, language),
        "names": names,
        "defaults": default_names(len(names), language),
        "html": player_html(result, names, language),
        "words": {
            "play": say(language, "play"),
            "pauseButton": say(language, "pause"),
            "pause": say(language, "timeline.pause"),
            "hint": say(language, "timeline.hint"),
        },
    }


def recording_length(result: Result) -> float:
    """Seconds that a drawing spans, more than 0."""
    ends = [segment.end for channel in result.channels for segment in channel.segments]
    return max([result.audio.duration, *ends, 0.1])


def told(scores: Scores, language: Language) -> str:
    """The most probable emotions of a moment in words: "angry 71 %, sad 20 %"."""
    first = list(scores.items())[:TOLD]
    return ", ".join(f"{emotion_name(emotion, language)} {percent(p, language)}" for emotion, p in first)


def _blocks(result: Result, language: Language) -> list[dict[str, Any]]:
    share = MOST_BLOCKS // max(len(result.channels), 1)
    blocks = []
    for channel in result.channels:
        if len(channel.segments) <= share:
            found = [(segment.start, segment.end, segment.scores) for segment in channel.segments]
        else:
            joined = blocks_of(channel.segments, JOINED_GAP, share)
            found = [(block.start, block.end, {block.emotion: block.probability}) for block in joined]
        for start, end, scores in found:
            emotion = next(iter(scores))
            colour = colour_of(emotion)
            blocks.append(
                {
                    "channel": channel.channel_number,
                    "start": round(start, 3),
                    "end": round(end, 3),
                    "label": emotion_name(emotion, language),
                    "title": f"{clock(start)}\u2013{clock(end)} {told(scores, language)}",
                    "fill": colour.fill,
                    "text": colour.text,
                }
            )
    return blocks


def player_html(result: Result, names: list[str], language: Language) -> str:
    """The controls around the drawing, which the script puts into `.ser-wave`."""
    duration = recording_length(result)
    lanes = "".join(
        f'<span class="ser-lane-name" style="--lane:{number}" data-name="{number}">{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return (
        f'<section class="ser-player" aria-label="{say(language, "timeline")}">'
        f"<h3>{say(language, 'timeline')}</h3>"
        '<div class="ser-controls">'
        f'<button type="button" class="ser-play" aria-label="{say(language, "play")}"></button>'
        f'<span class="ser-clock"><span class="ser-now">0:00</span> / {clock(duration)}</span>'
        f"{_listen(names, language)}"
        f'<span class="ser-zoom"><button type="button" class="ser-farther" aria-label="{say(language, "farther")}">'
        "\u2212</button>"
        f'<button type="button" class="ser-nearer" aria-label="{say(language, "nearer")}">+</button></span>'
        f'</div><div class="ser-lanes"><div class="ser-lane-names" aria-hidden="true">{lanes}</div>'
        f'<div class="ser-wave" role="slider" tabindex="0" aria-label="{say(language, "position")}" aria-valuemin="0" '
        f'aria-valuemax="{duration:.0f}" aria-valuenow="0"></div></div>'
        f'<p class="ser-readout">{say(language, "timeline.hint")}</p>'
        f"{_legend(result, language)}{_names(names, language)}</section>"
    )


def _listen(names: list[str], language: Language) -> str:
    if len(names) == 1:
        return ""
    choices = "".join(
        f'<label><input type="radio" name="ser-listen" value="{value}"{" checked" if not value else ""}>'
        f"<span{mark}>{escape(name)}</span></label>"
        for value, name, mark in [
            ("", say(language, "listen.all"), ""),
            *((str(number), name, f' data-name="{number}"') for number, name in enumerate(names)),
        ]
    )
    return f'<fieldset class="ser-listen"><legend>{say(language, "listen")}</legend>{choices}</fieldset>'


def _legend(result: Result, language: Language) -> str:
    shown = dict.fromkeys(_emotion(segment) for channel in result.channels for segment in channel.segments)
    items = "".join(
        f'<li><span class="ser-swatch" style="background:{colour_of(emotion).fill}"></span>'
        f"{escape(emotion_name(emotion, language))}</li>"
        for emotion in shown
    )
    speech = f'<li><span class="ser-swatch ser-speech"></span>{say(language, "legend.speech")}</li>'
    silence = f'<li><span class="ser-swatch ser-silence"></span>{say(language, "legend.silence")}</li>'
    return f'<ul class="ser-legend">{speech}{silence}{items}</ul>'


def _emotion(segment: Segment) -> str:
    return next(iter(segment.scores))


def _names(names: list[str], language: Language) -> str:
    count = len(names)
    inputs = [
        f'<label>{say(language, "name.of", name=default)}<input type="text" data-channel="{number}" '
        f'value="{escape(name)}" maxlength="{LONGEST_NAME}" list="ser-name-ideas" autocomplete="off"></label>'
        for number, (name, default) in enumerate(zip(names, default_names(count, language), strict=True))
    ]
    swap = f'<button type="button" class="ser-swap">\u21c4 {say(language, "swap")}</button>' if count == 2 else ""
    ideas = "".join(f'<option value="{say(language, key)}">' for key in ("name.agent", "name.customer"))
    return (
        f'<div class="ser-names">{swap.join(inputs) if count == 2 else "".join(inputs)}'
        f'<datalist id="ser-name-ideas">{ideas}</datalist></div>'
    )
