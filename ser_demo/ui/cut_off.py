"""What the page says where its connection to the server broke: nothing on it works any more until it is loaded anew."""

from ser_demo.ui.words import Language, say


def cut_off_html(language: Language) -> str:
    """The notice and its button; `static/cut_off.js` shows it when the server can be reached again."""
    button = f'<button type="button">{say(language, "cut_off.reload")}</button>'
    return f'<div class="ser-cut-off" role="alert"><p>{say(language, "cut_off")}</p>{button}</div>'
