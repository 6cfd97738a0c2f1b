"""The page's look: a theme of Gradio's in quiet colours, light and dark, whose texts have enough contrast (WCAG AA)."""

import gradio as gr

# Fonts come from the visitor's system: nothing is fetched from other hosts.
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
CODE_FONTS = ["ui-monospace", "Menlo", "Consolas", "monospace"]


def theme() -> gr.themes.Base:
    """For `launch`; what the page draws itself takes its colours from the same variables (static/page.css)."""
    base = gr.themes.Base(primary_hue="teal", neutral_hue="slate", radius_size="lg", font=FONTS, font_mono=CODE_FONTS)
    return base.set(
        body_background_fill="#f6f8fa",
        body_background_fill_dark="#0e141b",
        body_text_color="#16202c",
        body_text_color_dark="#e6ebf1",
        body_text_color_subdued="#4d5b6c",
        body_text_color_subdued_dark="#a3b1c2",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#161e28",
        background_fill_secondary="#eef2f6",
        background_fill_secondary_dark="#212c39",
        block_background_fill="#ffffff",
        block_background_fill_dark="#161e28",
        border_color_primary="#d9e0e8",
        border_color_primary_dark="#2c3a4a",
        block_border_color="#d9e0e8",
        block_border_color_dark="#2c3a4a",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="#4d5b6c",
        block_label_text_color_dark="#a3b1c2",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#212c39",
        button_secondary_background_fill_hover="#eef2f6",
        button_secondary_background_fill_hover_dark="#2c3a4a",
        button_secondary_border_color="#c6d0db",
        button_secondary_border_color_dark="#3b4b5e",
        button_secondary_text_color="#16202c",
        button_secondary_text_color_dark="#e6ebf1",
        button_border_width="1px",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )
