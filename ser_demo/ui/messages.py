"""What visitors and API callers are told when something cannot be done."""

import gradio as gr

from ser_demo.errors import SerError
from ser_demo.ui.words import LANGUAGES, TEXTS, Language, say

ERROR_SECONDS = 20  # time to read a message


def message(text: str) -> gr.Error:
    """An error that visitors and API callers see as `text` alone, and that is not logged."""
    return gr.Error(text, duration=ERROR_SECONDS, print_exception=False)


def error_text(error: SerError, language: Language) -> str:
    """What is wrong and what to do, in the visitor's language."""
    key = f"error.{type(error).__name__}"
    return say(language, key, error=error, name=getattr(error, "name", "")) if key in TEXTS else str(error)


def error_texts(error: SerError) -> dict[Language, str]:
    """The same in every language, for what stays on the page when the visitor changes it."""
    return {language: error_text(error, language) for language in LANGUAGES}
