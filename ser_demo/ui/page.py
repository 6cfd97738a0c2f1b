"""The page: its header, a tab for each way of using it, and the note on what it can and cannot tell."""

import math

import gradio as gr

from ser_demo.models import Models
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import Settings
from ser_demo.ui.about import CLEANING
from ser_demo.ui.language import build_language_switch, label, translate_tabs
from ser_demo.ui.live import build_live_tab
from ser_demo.ui.many import build_many_tab
from ser_demo.ui.model import build_model_tab
from ser_demo.ui.recording import build_recording_tab

TITLE = "SER Demo"
WAITING = 20  # visitors in the queue before the next is turned away
AT_ONCE = 2  # recordings analysed at the same time, so that a short one need not wait for a long one


def build_page(recognizer: EmotionRecognizer, settings: Settings) -> gr.Blocks:
    """The page, ready for `launch`.

    Args:
        recognizer: answers every visitor who does not choose another model, so it is loaded once.
        settings: its limits are named to visitors, its other models offered to them, and what they upload is kept as
            long as the results of tasks.

    Raises:
        ModelError: one of the other models does not exist, or is none for audio classification.
        SettingsError: two models have the same name.
    """
    models = Models(settings, recognizer)
    cleaning = (CLEANING, math.ceil(settings.result_ttl))  # seconds; at 0 Gradio would delete nothing
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=cleaning) as page:
        with gr.Row(elem_classes="ser-header"):
            gr.HTML(label("html.header"))
            switch = build_language_switch()
        model = gr.State(models.names[0])  # the name of the one that answers this visitor
        with gr.Tabs() as tabs:
            with gr.Tab(label("tab.recording"), id="recording") as recording_tab:
                recording = build_recording_tab(models, model, settings.limits, page, switch)
            with gr.Tab(label("tab.live"), id="live") as live_tab:
                live = build_live_tab(models, settings.limits, recording, tabs)
            with gr.Tab(label("tab.many"), id="many") as many_tab:
                build_many_tab(models, model, page, switch)
            with gr.Tab(label("tab.model"), id="model") as model_tab:
                build_model_tab(models, model, live, page, model_tab, switch)
        gr.HTML(label("html.about"), elem_id="ser-note")
        gr.HTML(label("html.cut_off"), elem_id="ser-cut-off")
        named = {"recording": recording_tab, "live": live_tab, "many": many_tab, "model": model_tab}
        translate_tabs(page, switch, {f"tab.{name}": tab for name, tab in named.items()})
    return page.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)
