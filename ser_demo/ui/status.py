"""The line between the recording and its result: what to expect, or what went wrong."""

from html import escape

from ser_demo.ui.words import Language, say


def status_html(language: Language) -> str:
    """How to take a result, in one line."""
    return f'<p class="ser-quiet">{say(language, "caution")}</p>'


def failed_html(texts: dict[Language, str]) -> str:
    """What went wrong and what to do, read out at once by screen readers.

    The page's style shows it in the language that the visitor reads by now.
    """
    said = "".join(f'<span lang="{language}">{escape(text)}</span>' for language, text in texts.items())
    return f'<p class="ser-failed" role="alert">{said}</p>'


def waiting_html() -> str:
    """The outline of a result that is still to come, so that nothing moves when it does."""
    return '<div class="ser-outline" aria-hidden="true"><div></div><div></div><div></div></div>'
