"""The page's title and what it is for."""

from ser_demo.ui.words import Language, say


def header_html(language: Language) -> str:
    """The title and one sentence, as HTML."""
    return f"<header><h1>{say(language, 'title')}</h1><p>{say(language, 'introduction')}</p></header>"
