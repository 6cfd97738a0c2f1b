"""Tells whoever hears the page instead of seeing it that a result has come, and what it says in short."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ser_demo.result import Result
from ser_demo.ui.wording import channel_verdict
from ser_demo.ui.words import Language, say

# Screen readers speak of what changes inside an element that was there before: this one stays as it is.
TEMPLATE = '<p role="status"></p>'
SCRIPT = "watch('value', () => { element.querySelector('[role=status]').textContent = props.value ?? ''; });"


def build_announcement(outdated: Sequence[Any]) -> gr.HTML:
    """A text that is heard when it comes and never seen.

    It is emptied in silence by the `outdated` events: only then is the same result heard when it comes again, and none
    is left in a language that the visitor does not read any more.
    """
    announcement = gr.HTML(None, html_template=TEMPLATE, js_on_load=SCRIPT, elem_classes="ser-unseen")
    gr.on(outdated, None, None, announcement, js="() => ''", api_visibility="private", show_progress="hidden")
    return announcement


def result_told(result: Result, file: str, names: list[str], language: Language) -> str:
    """What is said of a result: "Analysis complete. call.wav: Left mostly calm (58 %); Right perhaps sad (41 %)"."""
    return say(language, "told", file=file, said=_channels(result, names, language))


def comparison_told(results: Sequence[Result], file: str, names: list[str], language: Language) -> str:
    """The same of one recording by several models."""
    said = ". ".join(f"{result.model.name}, {_channels(result, names, language)}" for result in results)
    return say(language, "told", file=file, said=said)


def _channels(result: Result, names: list[str], language: Language) -> str:
    if len(result.channels) == 1:
        return channel_verdict(result.channels[0], language)
    return "; ".join(
        f"{names[channel.channel_number]} {channel_verdict(channel, language)}" for channel in result.channels
    )
