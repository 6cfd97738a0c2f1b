"""The tab "Model": layout and wiring."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.models import Models
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.ui.comparison import build_comparison
from ser_demo.ui.language import label, language_of
from ser_demo.ui.messages import error_text, message
from ser_demo.ui.model_view import corpora_of, corpus_html, model_html, read_evaluation
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
        build_comparison(models, page, switch)

    # What is chosen while an earlier choice is on its way counts as well.
    show: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "always_last"}
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


def _load(models: Models, name: str, language: Language) -> EmotionRecognizer:
    """The model, or a message that it cannot be had."""
    try:
        return models.recognizer(name)
    except SerError as error:
        raise message(error_text(error, language)) from error
    except KeyError as error:  # no page of ours asked
        raise message(say(language, "apology")) from error
