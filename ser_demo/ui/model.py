"""The tab "Model": layout and wiring."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.models import Models
from ser_demo.recognizer import EmotionRecognizer, Progress
from ser_demo.ui.language import label, language_of
from ser_demo.ui.messages import error_text, message
from ser_demo.ui.model_view import comparison_html, corpora_of, corpus_html, model_html, read_evaluation
from ser_demo.ui.running import Running, Stopped
from ser_demo.ui.words import Language, say

EVALUATION = "evaluation.json"


def build_model_tab(
    models: Models, model: gr.State, live: gr.HTML, page: gr.Blocks, tab: gr.Tab, switch: gr.HTML
) -> None:
    """Everything inside the tab.

    Args:
        models: what may answer.
        model: the name of the one that does, which the visitor may change here.
        live: listens with the same one.
        page: as long as it runs, there is work.
        tab: what is built here, filled when a visitor first looks at it.
        switch: tells by its `change` that the visitor reads another language now.
    """
    first = models.names[0]
    chosen = gr.Dropdown(
        models.names,
        value=first,
        label=label("model.choice"),
        info=label("model.choice.info"),
        visible=len(models.names) > 1,
        interactive=True,
        elem_id="ser-model-choice",
    )
    about = gr.HTML()
    corpus = gr.Radio([], label=label("model.details"), visible=False, elem_id="ser-model-corpus")
    charts = gr.HTML()
    if len(models.names) > 1:
        _build_comparison(models, page)

    show: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(
        [tab.select, chosen.change, switch.change],
        _about_function(models),
        [chosen, corpus],
        [about, corpus, charts],
        **show,
    )
    corpus.input(_charts_function(models), [chosen, corpus], charts, **show)
    # The name goes to where recordings are analysed and to where the microphone is, without a word from the server.
    chosen.input(lambda name: (name, gr.HTML(model=name)), chosen, [model, live], queue=False, **show)


def _about_function(models: Models) -> Callable[..., list[Any]]:
    def about(name: str, corpus: str | None, request: gr.Request) -> list[Any]:
        """All that is known of a model, and the charts of the corpus that was looked at before, if it has it."""
        language = language_of(request)
        recognizer, file = _load(models, name, language), models.file(name, EVALUATION)
        evaluation = read_evaluation(file)
        corpora = corpora_of(evaluation)
        names = [corpus for _, corpus in corpora]
        corpus = corpus if corpus in names else next(iter(names), None)
        charts = corpus_html(file, corpus, language) if file is not None and corpus is not None else ""
        choice = gr.Radio(corpora, value=corpus, visible=len(names) > 1)
        return [model_html(recognizer.model, recognizer.labels, evaluation, language), choice, charts]

    return about


def _charts_function(models: Models) -> Callable[..., str]:
    def charts(name: str, corpus: str, request: gr.Request) -> str:
        """The charts of one corpus."""
        file = models.file(name, EVALUATION)
        return corpus_html(file, corpus, language_of(request)) if file is not None else ""

    return charts


def _build_comparison(models: Models, page: gr.Blocks) -> None:
    """A recording, two models, and what each says of it."""
    gr.HTML(label("html.compare"))
    audio = gr.Audio(type="filepath", label=label("recording"), buttons=[], elem_id="ser-compare-recording")
    with gr.Row():
        pair = [
            gr.Dropdown(models.names, value=name, label=label(f"model.compare.{which}"), interactive=True)
            for which, name in zip(("first", "second"), models.names, strict=False)
        ]
    compare = gr.Button(label("model.compare.start"), variant="primary", elem_id="ser-compare")
    view = gr.HTML(elem_id="ser-comparison")
    running = Running()
    # Two models take twice as long: whoever asks one is not to wait for it.
    compare.click(
        _compare_function(models, page, running),
        [audio, *pair],
        view,
        concurrency_id="compare",
        concurrency_limit=1,
        api_visibility="private",
    )
    audio.change(running.choose, audio, None, queue=False, show_progress="hidden", api_visibility="private")
    page.unload(running.leave)


def _compare_function(models: Models, page: gr.Blocks, running: Running) -> Callable[..., Any]:
    def compare(
        audio: str | None,
        one: str,
        other: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio finds its progress bar by this default
    ) -> Any:
        """What two models say of the same recording, side by side."""
        language = language_of(request)
        if audio is None:
            raise message(say(language, "model.compare.none"))
        run = running.begin(request, audio)

        def show(name: str, part: float) -> Progress:
            def show_progress(done: float, total: float) -> None:
                run.check()
                if not page.is_running:
                    raise message(say(language, "stopping"))
                progress(part + 0.5 * (done / total if total else 0), desc=name)

            return show_progress

        results = []
        try:
            for name, part in ((one, 0.0), (other, 0.5)):
                progress(part, desc=say(language, "model.loading", model=name))
                results.append(_load(models, name, language).recognize(audio, progress=show(name, part)))
            run.finish()
        except Stopped:
            return gr.skip()
        except SerError as error:
            raise message(error_text(error, language)) from error
        finally:
            running.end(request, run)
        return comparison_html(results, run.language)

    return compare


def _load(models: Models, name: str, language: Language) -> EmotionRecognizer:
    """The model, or a message that it cannot be had."""
    try:
        return models.recognizer(name)
    except SerError as error:
        raise message(error_text(error, language)) from error
    except KeyError as error:  # no page of ours asked
        raise message(say(language, "apology")) from error
