"""Links that save a result as JSON or CSV. They hold the data themselves: the server stores nothing."""

import json
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

from ser_demo.result import csv_text
from ser_demo.ui.reading import result_from_json


def downloads_html(answer: dict[str, Any], file: str) -> str:
    """Two links for `answer`, the JSON of a result; `file` is the name of the recording."""
    stem = Path(file).stem
    as_json = json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    return (
        '<p class="ser-downloads">Download: '
        + _link(f"{stem}.emotions.json", "application/json", as_json, "JSON")
        + _link(f"{stem}.emotions.csv", "text/csv", csv_text([(file, result_from_json(answer))]), "CSV (spreadsheet)")
        + "</p>"
    )


def _link(name: str, kind: str, content: str, label: str) -> str:
    data = b64encode(content.encode()).decode()
    return f'<a download="{escape(name)}" href="data:{kind};charset=utf-8;base64,{data}">{label}</a>'
