"""Everything that the browser translates by itself: all texts, and the HTML that never changes, in each language."""

import gradio as gr

from ser_demo.settings import Settings
from ser_demo.ui.about import about_html
from ser_demo.ui.cut_off import cut_off_html
from ser_demo.ui.examples import examples_html
from ser_demo.ui.header import header_html
from ser_demo.ui.live import longest_live
from ser_demo.ui.live_view import live_html
from ser_demo.ui.many_view import drop_html
from ser_demo.ui.model_view import compare_html
from ser_demo.ui.recording import limits_html
from ser_demo.ui.words import LANGUAGES, texts


def translations(settings: Settings) -> gr.I18n:
    """What `launch` gives the browser; a component shows `html.about` and the like by `language.label`."""
    return gr.I18n(
        **{
            language: {
                **texts(language),
                "html.header": header_html(language),
                "html.examples": examples_html(language),
                "html.limits": limits_html(settings.limits, language),
                "html.live": live_html(longest_live(settings.limits), language),
                "html.many": drop_html(settings.limits, language),
                "html.compare": compare_html(language),
                "html.cut_off": cut_off_html(language),
                "html.about": about_html(language, settings.result_ttl),
            }
            for language in LANGUAGES
        }
    )
