"""Which language a visitor reads, and how components get their texts in it.

It is the address's `?lang=` where there is one, which the switch in the header sets, else the browser's first language.
"""

import gradio as gr
from gradio.i18n import I18nData

from ser_demo.ui.words import LANGUAGES, Language, say

NAMES: dict[Language, str] = {"en": "English", "de": "Deutsch"}


def label(key: str) -> I18nData:
    """The text `key` for a component: the browser shows it in its own language and changes it with the switch."""
    return I18nData(key)


def language_of(request: gr.Request | None) -> Language:
    """The visitor's language, for HTML made here; English for programs and where the page does not speak theirs."""
    if request is None:
        return LANGUAGES[0]
    accepted = request.headers.get("accept-language", "").split(",")[0]
    wanted = request.query_params.get("lang") or accepted
    code = wanted.strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language == code), LANGUAGES[0])


def language_links() -> str:
    """The switch as HTML: a link per language, which the script follows without loading the page anew."""
    links = "".join(
        f'<a href="?lang={code}" hreflang="{code}" lang="{code}" data-language="{code}">{name}</a>'
        for code, name in NAMES.items()
    )
    return f'<nav class="ser-languages" aria-label="Language, Sprache">{links}</nav>'


def build_language_switch() -> gr.HTML:
    """The switch; its event `change` tells that the visitor has chosen: draw anew what was made here."""
    return gr.HTML(language_links(), js_on_load="serLanguage.listen(element, () => trigger('change'))")


def translate_tabs(page: gr.Blocks, switch: gr.HTML, tabs: dict[str, gr.Tab]) -> None:
    """Keeps the names of `tabs`, by the keys of their texts, in the visitor's language.

    Gradio translates the name of a tab when it is first drawn, and of one that is not open never again.
    """

    def names(request: gr.Request) -> list[gr.Tab]:
        language = language_of(request)
        return [gr.Tab(label=say(language, key)) for key in tabs]

    listeners = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on([page.load, switch.change], names, None, list(tabs.values()), **listeners)
