"""The tab "Many recordings": layout and wiring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.models import Models
from ser_demo.ui.language import label, language_of
from ser_demo.ui.many_view import MOST, files_html, progress_html, summary_html, table_html
from ser_demo.ui.messages import error_text, message
from ser_demo.ui.pile import Done, Look, Pile, Upload
from ser_demo.ui.running import Running
from ser_demo.ui.uploads import not_sent, uploaded_file
from ser_demo.ui.words import Language, say

AT_ONCE = 2  # piles that are worked on at the same time, beside the recordings of other visitors
REFRESH = 0.7  # seconds between two looks at a pile
LONGEST_NAME = 1000  # characters of a file's name with its folders
KEPT = 30 * 60  # seconds until the results of a pile are forgotten
TOLD = "() => dispatchEvent(new Event('ser-many-told'))"  # what the script of the files waits for
DROPPING, SORTING = (Path(__file__).parent / "static" / name for name in ("pile.js", "table.js"))


@dataclass
class _Visit:
    """A visitor's pile, and the language that they read by now."""

    pile: Pile
    language: Language


def build_many_tab(models: Models, model: gr.State, page: gr.Blocks, switch: gr.HTML) -> None:
    """Everything inside the tab.

    Args:
        models: what may answer.
        model: the name of the one that does.
        page: as long as it runs, there is work.
        switch: tells by its `change` that the visitor reads another language now.
    """
    running = Running(page)
    drop = gr.HTML(label("html.many"), js_on_load=DROPPING.read_text(encoding="utf-8"), elem_id="ser-many-files")
    files = gr.State([])
    with gr.Row(elem_classes="ser-many-buttons"):
        start = gr.Button(label("many.start"), variant="primary", elem_id="ser-many-start")
        cancel = gr.Button(label("many.cancel"), visible=False, elem_id="ser-many-cancel")
    progress = gr.HTML(label("many.idle"), elem_id="ser-many-progress", elem_classes="ser-quiet")
    summary, downloads = gr.HTML(), gr.HTML()
    table = gr.HTML(js_on_load=SORTING.read_text(encoding="utf-8"))
    visit = gr.State(None, time_to_live=KEPT, delete_callback=_forget)

    # The last word counts, also where the one before is still on its way.
    chosen = drop.chosen(
        _chosen, None, files, show_progress="hidden", queue=False, trigger_mode="multiple", api_visibility="private"
    )
    chosen.then(None, None, None, js=TOLD, api_visibility="private")
    shown = [progress, summary, downloads, table]
    start.click(
        _analyse_function(models, running),
        [files, model],
        [visit, start, cancel, *shown],
        show_progress_on=progress,
        concurrency_id="many",
        concurrency_limit=AT_ONCE,
        api_visibility="private",
    )
    cancel.click(_cancel, visit, cancel, queue=False, api_visibility="private")
    page.unload(running.leave)
    switch.change(_translate, visit, [visit, *shown], show_progress="hidden", api_visibility="private")


def _chosen(event: gr.EventData) -> list[Upload | Done]:
    """The files that the visitor has chosen by now: where the script has uploaded them to, or why it could not."""
    return [_upload_of(file) for file in event.files]


def _upload_of(file: dict[str, str]) -> Upload | Done:
    sent = str(file.get("name")).encode(errors="replace").decode()  # no answer and no file takes half a character
    parts = sent[-LONGEST_NAME:].split("/")
    name = "/".join(part for part in parts if part not in ("", ".", "..")) or "recording"
    path = uploaded_file(file.get("path"))
    if path is not None:
        return Upload(path, name)
    return Done(name, None, not_sent(name, is_too_large=file.get("why") == "large"))


def _analyse_function(models: Models, running: Running) -> Callable[..., Iterator[list[Any]]]:
    def analyse(files: list[Upload | Done], model: str, request: gr.Request) -> Iterator[list[Any]]:
        """Shows a pile while it is worked on, row by row, and its files in the end."""
        language = language_of(request)
        if not files:
            raise message(say(language, "many.none"))
        if len(files) > MOST:
            raise message(say(language, "many.many", count=len(files), most=MOST))
        try:
            recognizer = models.recognizer(model)
        except SerError as error:
            raise message(error_text(error, language)) from error
        run = running.begin(request)
        pile = Pile(recognizer, files, lambda: run.goes_on)
        visit = _Visit(pile, language)
        try:
            pile.start()
            known = -1
            look = pile.look()
            while not look.is_over:
                is_news, known = len(look.done) != known, len(look.done)
                buttons = [gr.Button(interactive=False), gr.Button(visible=True, interactive=True)]
                yield [visit, *buttons, *_show(look, visit.language, is_news)]
                look = pile.wait(REFRESH)
        finally:
            pile.stop()
            running.end(request, run)
        buttons = [gr.Button(interactive=True), gr.Button(visible=False)]
        yield [visit, *buttons, *_show(look, visit.language, is_news=True)]

    return analyse


def _show(look: Look, language: Language, is_news: bool) -> list[Any]:
    """What the tab shows of a pile: all of it where anything is new, else only how far it is."""
    if not is_news:
        return [progress_html(look, language), gr.skip(), gr.skip(), gr.skip()]
    files = files_html(look.done, language) if look.is_over else ""
    return [progress_html(look, language), summary_html(look.done, language), files, table_html(look.done, language)]


def _cancel(visit: _Visit | None) -> Any:
    if visit is not None:
        visit.pile.stop()
    return gr.Button(interactive=False)


def _translate(visit: _Visit | None, request: gr.Request) -> list[Any]:
    if visit is None:
        return [gr.skip()] * 5
    visit.language = language_of(request)
    return [visit, *_show(visit.pile.look(), visit.language, is_news=True)]


def _forget(visit: _Visit | None) -> None:
    if visit is not None:
        visit.pile.stop()
