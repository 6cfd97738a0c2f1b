"""The line between the recording and its result: what to expect, or what went wrong."""

from html import escape

from ser_demo.ui.words import Language, say_in_each


def status_html() -> str:
    """How to take a result, in one line."""
    return _in_each("ser-quiet", "", say_in_each("caution"))


def failed_html(texts: dict[Language, str]) -> str:
    """What went wrong and what to do, read out at once by screen readers."""
    return _in_each("ser-failed", ' role="alert"', texts)


def _in_each(name: str, attributes: str, texts: dict[Language, str]) -> str:
    """The line in every language; the page's style shows the one that the visitor reads by now.

    Gradio would change a text of its translations by itself, but brings back the first one where another was shown.
    """
    said = "".join(f'<span lang="{language}">{escape(text)}</span>' for language, text in texts.items())
    return f'<p class="ser-in-each {name}"{attributes}>{said}</p>'


def waiting_html() -> str:
    """The outline of a result that is still to come, so that nothing moves when it does."""
    return '<div class="ser-outline" aria-hidden="true"><div></div><div></div><div></div></div>'
