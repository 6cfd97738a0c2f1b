"""The page's layout and wiring.

The event behind the button is also the endpoint `/recognize`: one audio file in, the JSON of a `Result` out.
All that a visitor sees of a result is drawn from that JSON.
"""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency

from ser_demo.errors import SerError
from ser_demo.recognizer import EmotionRecognizer
from ser_demo.settings import Settings
from ser_demo.ui import wording
from ser_demo.ui.about import AUDIO_KEPT, CLEANING, about_html
from ser_demo.ui.card import card_html
from ser_demo.ui.downloads import downloads_html
from ser_demo.ui.examples import example_files
from ser_demo.ui.reading import result_from_json
from ser_demo.ui.timeline import timeline_html

WAITING = 20  # visitors in the queue before the next is turned away
AT_ONCE = 2  # recordings analysed at the same time, so that a short one need not wait for a long one
ERROR_SECONDS = 20  # time to read a message

log = logging.getLogger(__name__)


def build_page(recognizer: EmotionRecognizer, settings: Settings) -> gr.Blocks:
    """The page, ready for `launch`.

    Args:
        recognizer: answers every visitor, so it is loaded once.
        settings: its limits are named to visitors.
    """
    longest = wording.length(settings.limits.max_seconds)
    with gr.Blocks(title=wording.TITLE, analytics_enabled=False, delete_cache=(CLEANING, AUDIO_KEPT)) as page:
        gr.HTML(wording.header_html())
        audio = gr.Audio(
            type="filepath",  # the file as it came: other types convert it, and may lose channels
            sources=["upload", "microphone"],
            label=f"Recording, up to {longest}",
            buttons=[],
            elem_id="ser-recording",
        )
        analyse = gr.Button("Analyse", variant="primary")
        example_loaded = _examples(audio)
        # Progress and the mark of a failure are shown over this line: the JSON below is folded away.
        status = gr.HTML(f'<p class="ser-quiet">{wording.CAUTION}</p>', elem_id="ser-status")
        view = gr.Column()
        gr.HTML(about_html())
        with gr.Accordion("The result as JSON, for programs", open=False):
            answer = gr.JSON(label="Result", show_label=False)

        # In the browser, before anything is sent: no earlier result may pass for that of the new file.
        gr.on([audio.change, analyse.click], None, None, answer, js="() => null", api_visibility="private")
        run: dict[str, Any] = {
            "fn": _recognize_function(recognizer, page),
            "inputs": audio,
            "outputs": answer,
            "show_progress_on": status,
            "concurrency_id": "recognize",
        }
        analyse.click(**run, api_name="recognize")
        if example_loaded:
            example_loaded.success(**run, api_visibility="private")
        with view:
            _show_result(audio, answer)
    return page.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)


def _examples(audio: gr.Audio) -> Dependency | None:
    """The row of examples; returns the event that has put one of them into `audio`."""
    files = example_files()
    if not files:
        return None
    with warnings.catch_warnings():
        # Gradio tells the server's owner of every example that it converts for the browser's player.
        warnings.simplefilter("ignore", UserWarning)
        examples = gr.Examples(
            examples=[[str(path)] for path in files],
            inputs=audio,
            label=wording.EXAMPLES_LABEL,
            example_labels=list(files.values()),
            cache_examples=False,
            api_visibility="private",
        )
    # Gradio's clean-up would delete its copies of the examples too, and never make them again.
    audio.keep_in_cache.update(file["path"] for [file] in examples.non_none_processed_examples.values())
    return examples.load_input_event


def _recognize_function(recognizer: EmotionRecognizer, page: gr.Blocks) -> Callable[..., dict[str, Any]]:
    """What answers the button, the examples and `/recognize`; its errors are messages for visitors."""

    def recognize(
        audio: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio finds its progress bar by this default
    ) -> dict[str, Any]:
        """The emotions in every channel of a recording, for the whole and for each stretch of speech."""
        if audio is None:
            raise _message(wording.NOTHING_CHOSEN)

        def show_progress(done: float, total: float) -> None:
            # A thread that still computes would make the interpreter crash on its way out.
            if not page.is_running:
                raise _message(wording.STOPPING)
            progress(done / total if total else None, desc=wording.progress_text(done, total))

        try:
            return recognizer.recognize(audio, progress=show_progress).to_dict()
        except gr.Error:
            raise
        except SerError as error:
            raise _message(str(error)) from error
        except Exception as error:
            log.exception("a recording could not be analysed")
            raise _message(wording.APOLOGY) from error

    return recognize


def _message(text: str) -> gr.Error:
    """An error that visitors and API callers see as `text` alone, and that is not logged."""
    return gr.Error(text, duration=ERROR_SECONDS, print_exception=False)


def _show_result(audio: gr.Audio, answer: gr.JSON) -> None:
    @gr.render(inputs=[answer, audio], triggers=[answer.change], show_progress="hidden")
    def show(answer: dict[str, Any] | None, path: str | None) -> None:
        if answer is None:
            return
        result = result_from_json(answer)
        count = len(result.channels)
        gr.HTML(timeline_html(result))
        with gr.Row(elem_classes="ser-cards"):
            for channel in result.channels:
                gr.HTML(card_html(channel, count))
        gr.HTML(downloads_html(answer, Path(path).name if path else "recording"))
