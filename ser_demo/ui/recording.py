"""The tab "One recording": layout and wiring.

Its button shows the JSON of a `Result` in words and drawings, all made from that and the recording's `Sound`, which the
browser keeps and sends along: the server holds nothing of a visitor but the file, until it is deleted.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ser_demo.acoustics import sound_picture
from ser_demo.errors import SerError, UnreadableAudioError
from ser_demo.models import Models
from ser_demo.result import Result
from ser_demo.settings import Limits
from ser_demo.ui.announcement import build_announcement, result_told
from ser_demo.ui.card import answered_html, cards_html
from ser_demo.ui.endpoint import ANSWERING, add_endpoint
from ser_demo.ui.examples import FOLDER, example_files
from ser_demo.ui.exports import export_html
from ser_demo.ui.language import label, language_of, translate_tabs
from ser_demo.ui.messages import error_text, error_texts
from ser_demo.ui.moments import mood_html
from ser_demo.ui.picture import picture_html, with_names
from ser_demo.ui.playable import playable_copy
from ser_demo.ui.player import chosen_names, player_value, recording_length
from ser_demo.ui.running import Overtaken, Running, Unanswered
from ser_demo.ui.sound import Sound, SoundReader
from ser_demo.ui.status import failed_html, status_html, waiting_html
from ser_demo.ui.wording import length, progress_text
from ser_demo.ui.words import Language, say, say_in_each

STATIC = Path(__file__).with_name("static")
SCRIPTS_ADDRESS = "scripts"  # where the server has the files of STATIC
# Loaded when the first result is drawn, so that the page itself comes sooner.
PLAYER = f"""
import(new URL("{SCRIPTS_ADDRESS}/player.js", document.baseURI))
  .then((player) => player.mount(element.querySelector(".ser-player-here"), props, watch, trigger));
// "rename" "unplayable"
"""
MICROPHONE = (STATIC / "microphone.js").read_text(encoding="utf-8")
NO_MICROPHONE = ("refused", "missing", "taken", "insecure")  # why, by the names of the texts in `words.live`
LOCK = "() => { document.getElementById('ser-analyse').disabled = true; }"
UNLOCK = "() => { document.getElementById('ser-analyse').disabled = false; }"
# A copy is made while the visitor goes on: it is played where its recording is still the one that is shown.
PLAY_COPY = "(copy, shown) => (shown && copy?.recording === shown.recording ? {...shown, source: copy.source} : shown)"
HIDE = "() => [null, null, {visible: false, __type__: 'update'}]"  # in the browser, before anything is sent

log = logging.getLogger(__name__)


def limits_html(limits: Limits, language: Language) -> str:
    """Which recordings may be given, in one line."""
    longest = length(limits.max_seconds, language)
    text = say(language, "recording.limits", longest=longest, channels=limits.max_channels)
    return f'<p class="ser-quiet">{text}</p>'


def build_recording_tab(models: Models, model: gr.State, limits: Limits, page: gr.Blocks, switch: gr.HTML) -> gr.Audio:
    """Everything inside the tab; returns the recording that its button analyses.

    `model` holds the name of the one that answers. `switch` tells by its `change` that the visitor reads another
    language now.
    """
    gr.set_static_paths([FOLDER])  # served as they lie there: a copy would be deleted with the visitors' files
    running = Running(page)

    with gr.Row(elem_classes="ser-choose"):
        with gr.Column(scale=3, min_width=300):
            audio = gr.Audio(
                type="filepath",  # the file as it came: other types convert it, and may lose channels
                sources=["upload", "microphone"],
                label=label("recording"),
                buttons=[],
                elem_id="ser-recording",
                # Gradio's waveform has the browser decode the whole file, and for hours it has not the memory.
                waveform_options=gr.WaveformOptions(show_recording_waveform=False),
            )
            gr.HTML(label("html.limits"))
        with gr.Column(scale=2, min_width=280):
            analyse = gr.Button(label("analyse"), variant="primary", elem_id="ser-analyse")
            gr.HTML(label("html.examples"))
            with gr.Row(elem_classes="ser-examples"):
                examples = [
                    (path, gr.Button(label(key), size="sm", elem_id=f"ser-example-{path.name}"))
                    for path, key in example_files().items()
                ]
    with gr.Row(elem_classes="ser-state"):
        # Progress is shown over it.
        status = gr.HTML(status_html(), elem_id="ser-status", elem_classes="ser-status", js_on_load=MICROPHONE)
        stop = gr.Button(label("stop"), size="sm", elem_classes="ser-stop")  # seen while there is work to stop
    starts = [analyse.click, *(button.click for _, button in examples)]
    announcement = build_announcement([*starts, audio.change, switch.change])
    gr.HTML(waiting_html(), elem_id="ser-waiting")  # seen while there is work, where the result will be
    with gr.Column(visible=False, elem_id="ser-result") as result:
        cards = gr.HTML()
        player = gr.HTML(
            None, html_template='<div class="ser-player-here"></div>', js_on_load=PLAYER, elem_id="ser-player"
        )
        with gr.Tabs(elem_id="ser-more") as more:
            with gr.Tab(label("mood"), id="mood") as mood_tab:
                mood = gr.HTML()
            with gr.Tab(label("sound"), id="sound") as sound_tab:
                picture = gr.HTML(elem_id="ser-sound")
            with gr.Tab(label("exports"), id="save") as save_tab:
                exports = gr.HTML()
            with gr.Tab("JSON", id="json"):
                answer = gr.JSON(show_label=False)
    names = gr.JSON(visible=False)  # what the visitor calls the channels
    copy = gr.JSON(visible=False)  # of a recording that the browser cannot play

    add_endpoint(models, page, [audio, model], answer)
    shown = [answer, player, names, status, announcement, result, more, picture, cards, mood, exports]
    run: dict[str, Any] = {
        "fn": _listen_function(models, running),
        "inputs": [audio, model],
        "outputs": shown,
        "show_progress_on": status,
        "concurrency_id": ANSWERING,
        "api_visibility": "private",
    }
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # No earlier result may pass for that of the new file.
    audio.change(None, None, [answer, player, result], js=HIDE, **private)
    runs: list[Any] = [analyse.click(**run)]
    for path, button in examples:
        button.click(None, None, None, js=f"() => serAddress('example', '{path.name}')", **private)
        runs.append(button.click(lambda path=path: str(path), None, audio, **private).success(**run))
    # What is being recorded, or still on its way to the server, cannot be analysed yet.
    audio.start_recording(js=LOCK, **private)
    gr.on([audio.stop_recording, audio.change, audio.clear], js=UNLOCK, **private)
    gr.on([audio.upload, audio.clear, audio.stop_recording], js="() => serAddress('example', null)", **private)
    page.load(js="() => serOpenExample()", **private)
    status.refused(_no_microphone, None, status, queue=False, **private)
    running.listen(switch, audio, stop, status, runs)

    translate_tabs(page, switch, {"mood": mood_tab, "sound": sound_tab, "exports": save_tab})
    words = [cards, mood, exports]
    switch.change(_translate, [answer, player, names, picture], [player, picture, *words], **private)
    # Each name counts, also one that is given while the one before is on its way, and they are heard in their order.
    in_order: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 1, **private}
    player.rename(_rename, [answer, player, picture], [names, picture, *words], **in_order)
    last: dict[str, Any] = {"trigger_mode": "always_last", **private}
    copied = player.unplayable(_playable_function(limits, player), [audio, player], copy, **last)
    copied.success(None, [copy, player], player, js=PLAY_COPY, **private)
    sound_tab.select(
        _picture_function(limits, running),
        [audio, answer, names, picture],
        picture,
        api_visibility="private",
    )
    return audio


def _listen_function(models: Models, running: Running) -> Callable[..., list[Any]]:
    """What answers the button and the examples: everything that is shown, or what went wrong."""

    def listen(
        audio: str | None,
        model: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio finds its progress bar by this default
    ) -> list[Any]:
        if audio is None:
            return _failed(say_in_each("nothing chosen"))
        reader = SoundReader()
        try:
            with running.work(request, audio) as run:

                def show_progress(done: float, total: float) -> None:
                    run.check()
                    progress(done / total if total else None, desc=progress_text(done, total, run.language))

                found = models.recognizer(model).recognize(
                    audio, progress=show_progress, on_block=reader.on_block, on_speech=reader.on_speech
                )
        except Overtaken:
            return [gr.skip()] * 11
        except Unanswered as problem:
            return _failed(problem.texts)
        sound, language = reader.finish(Path(audio).name, audio), run.language
        answer = found.to_dict()
        drawn = Result.from_dict(answer)
        called = chosen_names(None, len(drawn.channels), language)
        picture = reader.long_picture()
        return [
            answer,
            player_value(drawn, sound, called, language),
            None,
            failed_html(say_in_each("silent")) if reader.is_silent else status_html(),
            result_told(drawn, sound.file, called, language),
            gr.update(visible=True),
            gr.update(selected="mood"),
            picture_html(picture, recording_length(drawn), called, language) if picture else "",
            *_words(answer, sound, called, language),
        ]

    return listen


def _no_microphone(event: gr.EventData) -> str:
    """Why the microphone cannot be used, as the script knows it."""
    why = event.why if event.why in NO_MICROPHONE else "taken"
    return failed_html(say_in_each(f"live.{why}"))


def _failed(texts: dict[Language, str]) -> list[Any]:
    """Everything that is shown, where there is no result but a reason."""
    return [None, None, None, failed_html(texts), "", gr.update(visible=False), gr.skip(), "", "", "", ""]


def _words(answer: dict[str, Any], sound: Sound, called: list[str], language: Language) -> list[str]:
    """Cards, moods and exports."""
    result = Result.from_dict(answer)
    return [
        cards_html(result, called, language) + answered_html(result.model, language),
        mood_html(result, called, language),
        export_html(result, sound, called, language),
    ]


def _translate(
    answer: dict[str, Any] | None, shown: Any, given: list[str] | None, drawn: str | None, request: gr.Request
) -> list[Any]:
    """The result in the language that the visitor has just chosen."""
    if answer is None:
        return [gr.skip()] * 5
    language, sound = language_of(request), Sound.from_dict(shown["sound"])
    called = chosen_names(given, len(answer["channels"]), language)
    value = player_value(Result.from_dict(answer), sound, called, language)
    pictures = with_names(drawn or "", called, language)
    return [{**value, "source": shown["source"]}, pictures, *_words(answer, sound, called, language)]


def _rename(
    answer: dict[str, Any] | None, shown: Any, drawn: str | None, event: gr.EventData, request: gr.Request
) -> list[Any]:
    """The words of a result whose channels got other names; the time line has done so by itself."""
    if answer is None:
        return [gr.skip()] * 5
    language, given = language_of(request), list(event.names)
    called = chosen_names(given, len(answer["channels"]), language)
    pictures = with_names(drawn or "", called, language)
    return [given, pictures, *_words(answer, Sound.from_dict(shown["sound"]), called, language)]


def _playable_function(limits: Limits, player: gr.HTML) -> Callable[..., Any]:
    def playable(audio: str | None, shown: dict[str, Any] | None, request: gr.Request) -> Any:
        """A copy of the recording that is shown, after the browser could not play it as it came."""
        if audio is None or shown is None or not audio == shown["recording"] == shown["source"]:
            return gr.skip()
        try:
            copy = playable_copy(Path(audio), Path(player.GRADIO_CACHE), limits)
        except UnreadableAudioError:
            gr.Warning(say(language_of(request), "deleted"))
            return gr.skip()
        except SerError as error:
            gr.Warning(error_text(error, language_of(request)))
            return gr.skip()
        player.temp_files.add(str(copy))  # what Gradio deletes on its schedule
        return {"recording": audio, "source": str(copy)}

    return playable


def _picture_function(limits: Limits, running: Running) -> Callable[..., Any]:
    def draw(
        audio: str | None,
        answer: dict[str, Any] | None,
        given: list[str] | None,
        drawn: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Any:
        """Spectrogram and pitch, made when somebody looks for them; a long recording's are there already."""
        if audio is None or answer is None or drawn:
            return gr.skip()
        language, duration = language_of(request), recording_length(Result.from_dict(answer))
        called = chosen_names(given, len(answer["channels"]), language)
        try:
            picture = sound_picture(audio, duration, limits, lambda done, total: progress(done / total))
        except SerError as error:
            return failed_html(error_texts(error))
        if running.chosen(str(request.session_hash), audio) != audio:  # another result may be shown by now
            return gr.skip()
        return picture_html(picture, duration, called, language)

    return draw
