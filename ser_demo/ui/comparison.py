"""The comparison of two models on the tab "Model": layout and wiring.

What was found is kept by the browser, as on the tab "One recording", and drawn anew in another language from there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ser_demo.models import Models
from ser_demo.recognizer import Progress
from ser_demo.result import Result
from ser_demo.ui.announcement import build_announcement, comparison_told
from ser_demo.ui.language import label, language_of
from ser_demo.ui.model_view import comparison_html
from ser_demo.ui.player import default_names
from ser_demo.ui.running import Overtaken, Run, Running, Unanswered
from ser_demo.ui.status import failed_html, status_html
from ser_demo.ui.words import Language, say, say_in_each

FORGET = "() => [null, '']"  # in the browser, before anything is sent


def build_comparison(models: Models, page: gr.Blocks, switch: gr.HTML) -> None:
    """A recording, two models, and what each says of it.

    Args:
        models: at least two.
        page: as long as it runs, there is work.
        switch: tells by its `change` that the visitor reads another language now.
    """
    gr.HTML(label("html.compare"))
    audio = gr.Audio(type="filepath", label=label("recording"), buttons=[], elem_id="ser-compare-recording")
    with gr.Row():
        pair = [
            gr.Dropdown(models.names, value=name, label=label(f"model.compare.{which}"), interactive=True)
            for which, name in zip(("first", "second"), models.names, strict=False)
        ]
    compare = gr.Button(label("model.compare.start"), variant="primary", elem_id="ser-compare")
    with gr.Row(elem_classes="ser-state"):
        status = gr.HTML(status_html(), elem_classes="ser-status")
        stop = gr.Button(label("stop"), size="sm", elem_classes="ser-stop")
    announcement = build_announcement([compare.click, audio.change, switch.change])
    view = gr.HTML()
    answers = gr.JSON(visible=False)  # of both models

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # Two models take twice as long: whoever asks one is not to wait for it.
    run = compare.click(
        _compare_function(models, running := Running(page)),
        [audio, *pair],
        [answers, view, status, announcement],
        show_progress_on=status,
        concurrency_id="compare",
        concurrency_limit=1,
        api_visibility="private",
    )
    # No earlier result may pass for that of the new file.
    audio.change(None, None, [answers, view], js=FORGET, **private)
    running.listen(switch, audio, stop, status, [run])
    switch.change(_translate, answers, view, **private)


def _compare_function(models: Models, running: Running) -> Callable[..., list[Any]]:
    def compare(
        audio: str | None,
        one: str,
        other: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio finds its progress bar by this default
    ) -> list[Any]:
        """What two models say of the same recording, side by side, or what went wrong."""
        if audio is None:
            return _failed(say_in_each("model.compare.none"))

        def show(run: Run, name: str, part: float) -> Progress:
            def show_progress(done: float, total: float) -> None:
                run.check()
                progress(part + 0.5 * (done / total if total else 0), desc=name)

            return show_progress

        results = []
        try:
            with running.work(request, audio) as run:
                for name, part in ((one, 0.0), (other, 0.5)):
                    progress(part, desc=say(run.language, "model.loading", model=name))
                    results.append(models.recognizer(name).recognize(audio, progress=show(run, name, part)))
        except Overtaken:
            return [gr.skip()] * 4
        except Unanswered as problem:
            return _failed(problem.texts)
        names = default_names(len(results[0].channels), run.language)
        told = comparison_told(results, Path(audio).name, names, run.language)
        return [[found.to_dict() for found in results], comparison_html(results, run.language), status_html(), told]

    return compare


def _failed(texts: dict[Language, str]) -> list[Any]:
    """Everything that is shown, where there is no result but a reason."""
    return [None, "", failed_html(texts), ""]


def _translate(answers: list[dict[str, Any]] | None, request: gr.Request) -> Any:
    """The comparison in the language that the visitor has just chosen."""
    if answers is None:
        return gr.skip()
    return comparison_html([Result.from_dict(answer) for answer in answers], language_of(request))
