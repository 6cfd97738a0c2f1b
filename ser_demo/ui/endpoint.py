"""The endpoint `/recognize` for programs: one audio file in, the JSON of a `Result` out."""

import logging
from typing import Any

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.models import Models
from ser_demo.ui.language import language_of
from ser_demo.ui.messages import error_text, message
from ser_demo.ui.words import say

ANSWERING = "recognize"  # whatever analyses a recording shares the places that there are

log = logging.getLogger(__name__)


def add_endpoint(models: Models, page: gr.Blocks, inputs: list[gr.components.Component], answer: gr.JSON) -> None:
    """Adds it to the page, behind a button that nobody sees.

    Args:
        models: one of which answers.
        page: as long as it runs, there are answers.
        inputs: the recording, and the name of the model.
        answer: where the JSON goes.
    """

    def recognize(audio: str | None, model: str, request: gr.Request) -> dict[str, Any]:
        """Hears the emotions in a recording of speech: for each channel (of a call, each speaker) the probability of
        every emotion, as a whole and for each stretch of speech with its start and end in seconds, the seconds of
        speech, and warnings. It hears how a voice sounds, not what is meant; it is no lie detector and no diagnosis.

        Args:
            audio: The recording, as a file uploaded to this server or as data:audio/wav;base64,... (any audio format).
        """
        language = language_of(request)
        if audio is None:
            raise message(say(language, "nothing chosen"))

        def goes_on(done: float, total: float) -> None:
            # A thread that still computes would make the interpreter crash on its way out.
            if not page.is_running or _has_left(page, request):
                raise message(say(language, "stopping"))

        try:
            return models.recognizer(model).recognize(audio, progress=goes_on).to_dict()
        except gr.Error:
            raise
        except SerError as error:
            raise message(error_text(error, language)) from error
        except Exception as error:
            log.exception("a recording could not be analysed")
            raise message(say(language, "apology")) from error

    button = gr.Button(visible=False)
    button.click(recognize, inputs, answer, api_name="recognize", concurrency_id=ANSWERING)


def _has_left(page: gr.Blocks, request: gr.Request) -> bool:
    """Whether the client no longer listens for the answer: its work would hold a place that others wait for.

    Gradio marks the event, which it then sends nothing any more, and tells no function of it.
    """
    events = [event for job in page._queue.active_jobs for event in job or () if event.request is request.request]
    return bool(events) and not any(event.alive for event in events)
