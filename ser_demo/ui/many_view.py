"""What the tab "Many recordings" shows of a pile: how far it is, which emotions it holds, a table, files to save."""

import io
import json
import zipfile
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import PurePosixPath

from ser_demo.audio import AUDIO_SUFFIXES
from ser_demo.labels import in_order
from ser_demo.result import Channel, FailedResult, csv_text
from ser_demo.settings import Limits
from ser_demo.ui.messages import error_text
from ser_demo.ui.palette import colour_of
from ser_demo.ui.pile import Done, Look
from ser_demo.ui.player import default_names
from ser_demo.ui.wording import bound_of, capital, emotion_name, length, percent, warning_text
from ser_demo.ui.words import LANGUAGES, TEXTS, Language, say

MOST = 1000  # recordings at once
COLUMNS = ("file", "channel", "emotion", "probability", "speech", "note")
NUMBERS = ("probability", "speech")  # columns that sort by number
_SAID_BY_SCRIPT = ("sending", "chosen", "nothing", "many", "unsent")
_EPOCH = (2000, 1, 1, 0, 0, 0)  # a time for the ZIP's entries, which have none of their own


def drop_html(limits: Limits, language: Language) -> str:
    """Where recordings are dropped or chosen, which `static/pile.js` brings to life."""
    words = {key: TEXTS[f"many.{key}"][LANGUAGES.index(language)] for key in _SAID_BY_SCRIPT}
    buttons = "".join(
        f'<button type="button" data-many="{name}"{" hidden" if name == "clear" else ""}>'
        f"{say(language, f'many.{name}')}</button>"
        for name in ("choose", "folder", "clear")
    )
    return (
        f'<section class="ser-drop" aria-label="{say(language, "many.files")}" '
        f'data-words="{escape(json.dumps(words))}" '
        f'data-most="{MOST}" data-bytes="{limits.max_bytes}" data-suffixes="{" ".join(sorted(AUDIO_SUFFIXES))}">'
        f"<p>{say(language, 'many.drop')}</p><div>{buttons}</div>"
        '<input type="file" multiple hidden data-many="files"><input type="file" webkitdirectory hidden '
        'data-many="directory"><p role="status" data-many="state"></p></section>'
    )


def progress_html(look: Look, language: Language) -> str:
    """A bar with what is done, what failed and the time left; in the end, how it ended."""
    failed = sum(done.result is None for done in look.done)
    if not look.is_over:
        parts = [say(language, "many.progress", done=len(look.done), total=look.total)]
    elif len(look.done) == look.total:
        parts = [say(language, "many.done", total=look.total)]
    else:
        parts = [say(language, "many.stopped", done=len(look.done), total=look.total)]
    if failed:
        parts.append(say(language, "many.failed", count=failed))
    if not look.is_over and look.seconds_left is not None:
        parts.append(say(language, "many.left", length=_roughly(look.seconds_left, language)))
    bar = (
        f'<div class="ser-many-bar" role="progressbar" aria-label="{say(language, "many.bar")}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * look.share:.0f}"><div style="width:{look.share:.1%}"></div></div>'
    )
    return (
        f'<div class="ser-many-progress">{bar}<p{" role=status" if look.is_over else ""}>{" · ".join(parts)}</p></div>'
    )


def summary_html(done: Sequence[Done], language: Language) -> str:
    """How many voices have each emotion as their main one, as bars; nothing before there is one."""
    channels = [channel for one in done if one.result is not None for channel in one.result.channels]
    if not channels:
        return ""
    counts = Counter(channel.emotion for channel in channels)
    named = in_order(emotion for emotion in counts if emotion is not None)
    rows = [(emotion_name(emotion, language), colour_of(emotion).fill, counts[emotion]) for emotion in named]
    if None in counts:
        rows.append((say(language, "many.unclear"), "var(--body-text-color-subdued)", counts[None]))
    most = max(count for _, _, count in rows)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td aria-hidden="true"><div class="ser-track">'
        f'<div style="width:{count / most:.1%};background:{fill}"></div></div></td><td>{count}</td></tr>'
        for name, fill, count in rows
    )
    key = "many.summary.one" if len(channels) == 1 else "many.summary"
    title = say(language, key, count=len(channels))
    return (
        f'<section class="ser-card ser-many-summary" aria-label="{title}"><h3>{title}</h3>'
        f'<table class="ser-bars"><caption>{title}</caption><tbody>{body}</tbody></table></section>'
    )


def table_html(done: Sequence[Done], language: Language) -> str:
    """A row for each voice and each recording that failed, which `static/table.js` sorts; nothing before the first."""
    if not done:
        return ""
    head = "".join(
        f'<th scope="col"{" data-number" if column in NUMBERS else ""}><button type="button">'
        f"{say(language, f'many.{column}')}</button></th>"
        for column in COLUMNS
    )
    body = "".join(row for one in done for row in _rows(one, language))
    return (
        f'<section class="ser-many-table" aria-label="{say(language, "many.table")}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )


def files_html(done: Sequence[Done], language: Language) -> str:
    """Links that save everything: one table, and one archive. They hold the data, the server stores nothing."""
    if not done:
        return ""
    table = csv_text([(one.file, one.result) for one in done if one.result is not None])
    links = (
        ("emotions.csv", "text/csv", table.encode(errors="replace"), say(language, "many.csv")),
        ("emotions.zip", "application/zip", zip_of(done), say(language, "many.zip")),
    )
    items = "".join(
        f'<a download="{name}" href="data:{kind};base64,{b64encode(content).decode()}">{text}</a>'
        for name, kind, content, text in links
    )
    return f'<p class="ser-many-files">{items}</p>'


def zip_of(done: Sequence[Done]) -> bytes:
    """An archive of one JSON file for each recording, `<recording>.json`; one that failed has its reason in it."""
    file, taken = io.BytesIO(), Counter[str]()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in done:
            entry = zipfile.ZipInfo(f"{_new_name(one.file, taken)}.json", _EPOCH)
            archive.writestr(entry, _json_of(one), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _new_name(name: str, taken: Counter[str]) -> str:
    """The name, with a number where it is taken already, as by a recording given twice; from now on it is taken.

    Upper and lower case are the same to the disks of many who will unpack it.
    """
    path, new = PurePosixPath(name), name
    while taken[new.lower()]:
        taken[name.lower()] += 1
        new = str(path.with_name(f"{path.stem} ({taken[name.lower()]}){path.suffix}"))
    taken[new.lower()] += 1
    return new


def _json_of(one: Done) -> str:
    if one.result is not None:
        return one.result.to_json()
    failed = FailedResult(reason(one, "en"))
    return json.dumps(failed.to_dict(), indent=2, ensure_ascii=False) + "\n"


def reason(one: Done, language: Language) -> str:
    """Why a recording failed, without its name."""
    if one.error is None:
        return say(language, "apology")
    text = error_text(one.error, language)  # which names it with or without its folders
    return text.removeprefix(f"{one.file}: ").removeprefix(f"{PurePosixPath(one.file).name}: ")


def _rows(one: Done, language: Language) -> list[str]:
    if one.result is None:
        cells = (escape(one.file), "", "", "", "", escape(capital(reason(one, language))))
        return [f'<tr class="ser-many-failed">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>']
    count = len(one.result.channels)
    names = default_names(count, language)
    return [_row(one.file, channel, names if count > 1 else [""], language) for channel in one.result.channels]


def _row(file: str, channel: Channel, names: list[str], language: Language) -> str:
    emotion, probability = next(iter(channel.scores.items()), ("", 0.0))
    value = f' data-value="{probability:.4f}"' if emotion else ""  # what has none is sorted to the end
    swatch = f'<span class="ser-swatch" style="background:{colour_of(emotion).fill}"></span> '
    notes = " ".join(warning_text(warning, names, language) for warning in channel.warnings)
    return (
        f"<tr><td>{escape(file)}</td><td>{escape(names[channel.channel_number])}</td>"
        f"<td>{swatch + escape(emotion_name(emotion, language)) if emotion else ''}</td>"
        f"<td{value}>{percent(probability, language, bound_of(channel)) if emotion else ''}</td>"
        f'<td data-value="{channel.speech_length:.2f}">{length(channel.speech_length, language)}</td>'
        f"<td>{escape(notes)}</td></tr>"
    )


def _roughly(seconds: float, language: Language) -> str:
    """A length without more digits than anyone can know."""
    step = 60 if seconds > 150 else 10 if seconds > 20 else 1
    return length(max(step, round(seconds / step) * step), language) if step > 1 else f"{max(1, round(seconds))}\u00a0s"
