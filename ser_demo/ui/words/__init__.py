"""What the page says, in every language that it speaks.

A text is one entry `"key": (English, German)` in a file of this package, one file per part of the page; each file's
`TEXTS` is joined below. A component takes `language.label("key")`, which the browser translates by itself; HTML made on
the server takes `say(language, "key", name=value)` with the language that `language.language_of(request)` finds, and is
drawn anew on the `change` of the switch, or holds every language (`status.py`). HTML that never changes is given to the
browser by `translations`.
"""

from typing import Literal, get_args

from ser_demo.ui.words import emotions, errors, live, many, model, page, recording

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

TEXTS: dict[str, tuple[str, ...]] = {
    **page.TEXTS,
    **recording.TEXTS,
    **live.TEXTS,
    **many.TEXTS,
    **model.TEXTS,
    **emotions.TEXTS,
    **errors.TEXTS,
}


def say(language: Language, key: str, **values: object) -> str:
    """The text `key` in a language, its {placeholders} filled in; KeyError where there is no such text."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def say_in_each(key: str, **values: object) -> dict[Language, str]:
    """The text `key` in every language."""
    return {language: say(language, key, **values) for language in LANGUAGES}


def texts(language: Language) -> dict[str, str]:
    """Every text in a language, with its placeholders."""
    return {key: versions[LANGUAGES.index(language)] for key, versions in TEXTS.items()}


def say_if_known(language: Language, key: str, otherwise: str) -> str:
    """The text `key`, or `otherwise` where there is none, as for the emotions of other checkpoints."""
    return say(language, key) if key in TEXTS else otherwise
