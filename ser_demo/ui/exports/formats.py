"""The files that a result can be saved as, and the links to them. They hold the data themselves: nothing is stored."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from ser_demo.result import Result
from ser_demo.ui.examples import example_files
from ser_demo.ui.exports.labels import audacity_labels, elan, rttm
from ser_demo.ui.exports.report import report_html
from ser_demo.ui.exports.tables import named_json, segments_csv
from ser_demo.ui.sound import Sound
from ser_demo.ui.words import Language, say


@dataclass(frozen=True)
class Export:
    """A kind of file: the key of its name, the end of its file name, its MIME type, and what makes it."""

    key: str
    ending: str
    kind: str
    make: Callable[[Result, Sound, list[str], Language], str]


EXPORTS = (
    Export("export.report", "emotions.html", "text/html", report_html),
    Export("export.csv", "emotions.csv", "text/csv", lambda r, sound, names, _: segments_csv(r, names, sound.file)),
    Export("export.json", "emotions.json", "application/json", lambda r, _, names, __: named_json(r, names)),
    Export("export.audacity", "labels.txt", "text/plain", lambda r, _, names, __: audacity_labels(r, names)),
    Export("export.elan", "eaf", "application/xml", lambda r, _, names, __: elan(r, names)),
    Export("export.rttm", "rttm", "text/plain", lambda r, sound, names, _: rttm(r, names, Path(sound.file).stem)),
)


def export_html(result: Result, sound: Sound, names: list[str], language: Language) -> str:
    """A link for each kind of file, and for an example one that opens it again."""
    stem = Path(sound.file).stem
    links = "".join(
        f"<li>{_link(f'{stem}.{export.ending}', export.kind, export.make(result, sound, names, language))}"
        f"<strong>{say(language, export.key)}</strong><span>{say(language, f'{export.key}.use')}</span></a></li>"
        for export in EXPORTS
    )
    return (
        f'<section class="ser-exports" aria-label="{say(language, "exports")}"><h3>{say(language, "exports")}</h3>'
        f"<ul>{links}</ul>{_example_link(sound, language)}</section>"
    )


def _example_link(sound: Sound, language: Language) -> str:
    if Path(sound.path) not in example_files():
        return ""
    return f'<p><a href="?example={quote(sound.file)}&amp;lang={language}">{say(language, "link")}</a></p>'


def _link(name: str, kind: str, content: str) -> str:
    data = b64encode(content.encode()).decode()
    return f'<a download="{escape(name)}" href="data:{kind};charset=utf-8;base64,{data}">'
