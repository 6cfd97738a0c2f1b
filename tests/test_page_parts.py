"""The page's words, colours and drawings, without a server."""

import json
import re
from html import unescape
from string import Formatter
from urllib.parse import urlencode

import gradio as gr
import numpy as np
import pytest
from fastapi import Request

from ser_demo.errors import AudioError
from ser_demo.labels import EMOTIONS
from ser_demo.result import Audio, Channel, Model, Result, Segment
from ser_demo.ui import many_view, wording
from ser_demo.ui.about import about_html
from ser_demo.ui.blocks import blocks_of
from ser_demo.ui.card import answered_html, card_html, cards_html
from ser_demo.ui.examples import FOLDER, LABELS, example_files
from ser_demo.ui.exports import export_html
from ser_demo.ui.exports.report import report_html
from ser_demo.ui.language import language_of
from ser_demo.ui.messages import error_text
from ser_demo.ui.moments import mood_html, shares, strongest, table_html
from ser_demo.ui.palette import EMOTION_COLOURS, UNKNOWN, colour_of
from ser_demo.ui.pile import Done
from ser_demo.ui.player import MOST_BLOCKS, chosen_names, player_html, player_value
from ser_demo.ui.sound import SPEECH, Sound, encode
from ser_demo.ui.status import failed_html
from ser_demo.ui.words import LANGUAGES, TEXTS, say

HOSTILE = '<img src=x onerror="alert(1)">'
ANGRY = {"angry": 0.71, "sad": 0.2, "neutral": 0.09}
SAD = {"sad": 0.6, "angry": 0.4}


def channel(number=0, scores=ANGRY, segments=(), speech=14.2, warnings=()):
    return Channel(number, speech, scores, tuple(segments), tuple(warnings))


def result(*channels, duration=30.0):
    return Result(channels, Audio(duration, 16000, len(channels)), Model("tiny", "1"))


def plain(html):
    """The words that a reader sees."""
    return unescape(re.sub(r"<[^>]*>", " ", html)).replace("\u00a0", " ")


def every_error(base):
    return [kind for child in base.__subclasses__() for kind in (child, *every_error(child))]


# Words


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        (ANGRY, "mostly angry (71 %), 14 s of speech"),
        ({"angry": 0.4, "sad": 0.3, "calm": 0.3}, "perhaps angry (40 %), 14 s of speech"),
        ({"angry": 0.13, "sad": 0.12}, "unclear, perhaps angry (13 %) or sad (12 %), 14 s of speech"),
        ({"angry": 1.0}, "mostly angry (100 %), 14 s of speech"),
        ({}, "not enough speech to tell"),
    ],
)
def test_a_sentence_says_how_sure_it_is(scores, sentence):
    assert plain(wording.summary(channel(scores=scores), "en")) == sentence


def test_what_the_model_calls_uncertain_is_called_so():
    unsure = channel(scores={"angry": 0.31, "sad": 0.3}, warnings=("uncertain: no emotion reaches 40 %",))
    assert plain(wording.summary(unsure, "en")) == "too uncertain to tell, perhaps angry (31 %), 14 s of speech"
    assert plain(wording.summary(unsure, "de")).startswith("zu unsicher für ein Urteil, vielleicht wütend (31 %)")
    assert wording.warning_text(unsure.warnings[0], ["Left"], "de") == "Unsicher: keine Emotion erreicht 40 %."


def test_what_does_not_reach_a_bound_is_not_rounded_up_to_it():
    unsure = channel(scores={"angry": 0.396, "sad": 0.394}, warnings=("uncertain: no emotion reaches 40 %",))
    card = plain(card_html(unsure, ["Left"], "en"))
    assert "perhaps angry (39 %)" in card and card.count("40 %") == 1  # by the warning
    assert " 39 % " in plain(many_view.table_html([Done("a.wav", result(unsure), None)], "en"))


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, ["Recording"]), (2, ["Left", "Right"]), (3, ["Channel 1", "Channel 2", "Channel 3"])],
)
def test_channels_have_the_names_that_people_use(count, names):
    assert [wording.channel_name(number, count, "en") for number in range(count)] == names


def test_times_and_lengths():
    assert [wording.clock(seconds) for seconds in (0, 40.4, 180, 3725)] == ["0:00", "0:40", "3:00", "1:02:05"]
    assert [plain(wording.length(seconds, "en")) for seconds in (4.21, 14, 185, 120, 4 * 3600)] == [
        "4.2 s",
        "14 s",
        "3 min 5 s",
        "2 min",
        "4 h",
    ]
    assert wording.progress_text(40, 180, "en") == "0:40 of 3:00"
    assert [plain(wording.percent(p, "en")) for p in (0, 0.001, 0.126, 1)] == ["0 %", "under 1 %", "13 %", "100 %"]


def test_warnings_call_channels_as_the_page_does():
    twins = "channels 0 and 1 carry the same audio"
    assert wording.warning_text(twins, ["Agent", "Customer"], "en") == "Agent and Customer carry the same audio."
    assert wording.warning_text(twins, ["Links", "Rechts"], "de") == "Links und Rechts enthalten denselben Ton."
    tracks = "the file has 2 sound tracks, and only the first was analysed: save each as a file of its own"
    assert wording.warning_text(tracks, ["Left"], "en") == tracks[0].upper() + tracks[1:] + "."
    assert wording.warning_text(tracks, ["Left"], "de").startswith("Die Datei hat 2 Tonspuren, ")
    assert wording.warning_text("something new", ["Left"], "de") == "Something new."


def test_the_note_says_what_must_be_said():
    note = " ".join(plain(about_html("en", 1800.0)).split())
    said = ("acted", "English, German and Polish", "lie detector", "diagnosis", "AI Act", "within 40 minutes")
    assert [phrase for phrase in said if phrase not in note] == []


def test_every_example_is_there_and_called_synthetic():
    assert set(example_files()) == {FOLDER / name for name in LABELS}
    assert "synthetic" in say("en", "examples")


# Languages


def test_every_text_is_there_in_every_language_with_the_same_placeholders():
    def placeholders(text):
        return {field for _, field, _, _ in Formatter().parse(text) if field}

    for key, versions in TEXTS.items():
        assert len(versions) == len(LANGUAGES) and all(versions), key
        if not key.startswith("error."):  # in English they show the error's own text
            assert len({frozenset(placeholders(version)) for version in versions}) == 1, key


def test_a_german_reader_gets_german():
    assert plain(wording.summary(channel(), "de")) == "überwiegend wütend (71 %), 14 s Sprache"
    assert plain(wording.length(4.21, "de")) == "4,2 s" and plain(wording.percent(0.001, "de")) == "unter 1 %"
    assert wording.emotion_name("boredom", "de") == "boredom"


@pytest.mark.parametrize("kind", every_error(AudioError), ids=lambda kind: kind.__name__)
def test_every_error_of_the_audio_stage_is_told_in_german_too(kind):
    error = kind("call.wav", "it is odd", "Do something")
    assert error_text(error, "en") == str(error)
    assert error_text(error, "de").startswith("call.wav: ") and "odd" not in error_text(error, "de")


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [({}, "de-AT,en;q=0.9", "de"), ({}, "fr,de", "en"), ({"lang": "en"}, "de", "en"), ({"lang": "xx"}, "de", "en")],
)
def test_the_address_outweighs_the_browser_in_the_choice_of_language(query, header, language):
    scope = {
        "type": "http",
        "headers": [(b"accept-language", header.encode())],
        "query_string": urlencode(query).encode(),
    }
    assert language_of(gr.Request(Request(scope))) == language
    assert language_of(None) == "en"


# Colours


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours after WCAG 2, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0 to 1."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_emotion_has_a_colour_of_its_own_with_readable_text():
    colours = [colour_of(emotion) for emotion in EMOTIONS]
    assert len({colour.fill for colour in [*colours, UNKNOWN]}) == len(EMOTIONS) + 1
    assert set(EMOTION_COLOURS) == set(EMOTIONS)
    assert min(contrast(colour.fill, colour.text) for colour in [*colours, UNKNOWN]) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# Cards


def test_a_card_shows_every_probability_as_a_bar():
    card = card_html(channel(), ["Agent", "Customer"], "en")
    assert re.findall(r'<th scope="row">(.*?)</th>', card) == list(ANGRY)
    assert re.findall(r"width:([\d.]+)%", card) == ["71.0", "20.0", "9.0"]
    assert f"background:{colour_of('angry').fill}" in card
    assert "Agent" in plain(card) and "Mostly angry (71 %), 14 s of speech" in plain(card)


def test_a_card_without_speech_has_no_bars_but_says_why():
    warning = "not enough speech: 0.2 s found, 0.5 s in one stretch needed"
    silent = channel(scores={}, speech=0.2, warnings=[warning])
    card = card_html(silent, ["Recording"], "en")
    assert "ser-bars" not in card
    assert "Not enough speech to tell" in plain(card) and "Not enough speech: 0.2 s found" in plain(card)
    assert "Zu wenig Sprache: 0,2 s gefunden" in plain(card_html(silent, ["Aufnahme"], "de"))


def test_labels_of_other_checkpoints_are_shown_in_the_fallback_colour_and_not_by_the_hundred():
    many = {f"label_{n}": 1 / 500 for n in range(500)}
    card = card_html(channel(scores=many), ["Recording"], "en")
    assert card.count("<tr>") == 10 and UNKNOWN.fill in card and "and 490 less probable" in plain(card)


def test_hostile_text_is_shown_as_text():
    segments = [Segment(0, 9, {HOSTILE: 1.0})]
    hostile = result(channel(scores={HOSTILE: 1.0}, segments=segments, warnings=[HOSTILE]))
    names = [HOSTILE]
    pages = [
        cards_html(hostile, names, "en"),
        answered_html(Model(HOSTILE, "1"), "en"),
        player_html(hostile, names, "en"),
        mood_html(hostile, names, "en"),
        failed_html({"en": HOSTILE, "de": HOSTILE}),
        report_html(hostile, Sound(HOSTILE, "", 1.0, (bytes(9),)), names, "en"),
        export_html(hostile, Sound(HOSTILE, "", 1.0, (bytes(9),)), names, "en"),
    ]
    for html in pages:
        assert "<img" not in html
        # What is not in a tag of ours is text: no quote of the label may end an attribute.
        assert not re.search(r'<[^>]*"alert\(', html)


# Blocks


def test_neighbours_of_one_emotion_become_one_block():
    segments = [Segment(0, 4, ANGRY), Segment(4.5, 6.5, {**ANGRY, "angry": 0.41}), Segment(7, 9, SAD)]
    first, second = blocks_of(segments, 1.0, 10)
    assert (first.start, first.end, first.emotion) == (0, 6.5, "angry")
    assert first.probability == pytest.approx((4 * 0.71 + 2 * 0.41) / 6)
    assert second.emotion == "sad"


def test_a_pause_separates_blocks():
    segments = [Segment(0, 4, ANGRY), Segment(9, 12, ANGRY)]
    assert len(blocks_of(segments, 1.0, 10)) == 2


def test_more_blocks_than_allowed_are_summed_up_in_steps():
    # Mostly sad in the first half, mostly angry in the second, and never twice the same in a row.
    weak = [{"sad": 0.9, "angry": 0.1}, {"angry": 0.51, "sad": 0.49}]
    strong = [{"sad": 0.51, "angry": 0.49}, {"angry": 0.9, "sad": 0.1}]
    segments = [Segment(n, n + 1, (weak if n < 500 else strong)[n % 2]) for n in range(1000)]
    blocks = blocks_of(segments, 1.0, 100)
    assert [block.emotion for block in blocks] == ["sad", "angry"]
    assert [(b.start, b.end) for b in blocks] == [(0, pytest.approx(500)), (500, pytest.approx(1000))]


# Time line


def sound(channels=1, count=60, file="call.wav"):
    return Sound(
        file, "/uploads/1/call.wav", 0.5, tuple(bytes([n % 128 for n in range(count)]) for _ in range(channels))
    )


def test_a_segment_is_a_labelled_block_with_its_probability():
    whole = result(channel(segments=[Segment(3, 9, ANGRY)]), channel(1, scores={}))
    value = player_value(whole, sound(2), ["Agent", "Customer"], "en")
    (block,) = value["blocks"]
    assert (block["channel"], block["start"], block["end"], block["label"]) == (0, 3, 9, "angry")
    assert plain(block["title"]) == "0:03\u20130:09 angry 71 %, sad 20 %, neutral 9 %"
    assert (block["fill"], block["text"]) == (colour_of("angry").fill, colour_of("angry").text)
    assert value["duration"] == 30 and value["names"] == ["Agent", "Customer"]
    assert json.loads(json.dumps(value)) == value and Sound.from_dict(value["sound"]) == sound(2)


def test_the_controls_name_the_channels_and_offer_each_alone():
    whole = result(channel(segments=[Segment(3, 9, ANGRY)]), channel(1, segments=[Segment(3, 9, SAD)]))
    html = player_html(whole, ["Agent", "Customer"], "en")
    assert re.findall(r'type="radio".*?<span.*?>(.*?)</span>', html) == ["Everyone", "Agent", "Customer"]
    assert re.findall(r'data-channel="\d" value="(.*?)"', html) == ["Agent", "Customer"]
    assert plain(html).split("no speech")[1].split()[:2] == ["angry", "sad"]  # the legend
    alone = player_html(result(channel()), ["Recording"], "en")
    assert "radio" not in alone and "Swap" not in alone


def test_names_are_filled_up_with_what_channels_are_called_anyway():
    assert chosen_names(None, 2, "de") == ["Links", "Rechts"]
    assert chosen_names(["Agent", "  "], 2, "en") == ["Agent", "Right"]
    assert chosen_names(["x" * 99, "b", "c"], 2, "en") == ["x" * 40, "b"]


@pytest.mark.parametrize("hours", [2, 6])
def test_hours_make_a_drawing_that_a_browser_can_hold(hours):
    segments = [Segment(start, start + 4.5, (ANGRY, SAD)[start % 7 % 2]) for start in range(0, hours * 3600, 5)]
    whole = result(channel(0, segments=segments), channel(1, segments=segments), duration=hours * 3600.0)
    value = player_value(whole, sound(2), ["Agent", "Customer"], "en")
    assert len(value["blocks"]) == 2 * len(segments) if hours == 2 else 0 < len(value["blocks"]) <= MOST_BLOCKS
    assert len(json.dumps(value)) < 1_000_000 and len(mood_html(whole, ["Agent", "Customer"], "en")) < 1_500_000


def test_a_result_of_no_length_can_be_drawn():
    empty = result(channel(scores={}), duration=0.0)
    assert player_value(empty, sound(), ["Recording"], "en")["duration"] > 0
    assert "Not enough speech" in plain(cards_html(empty, ["Recording"], "en"))
    assert table_html(empty, ["Recording"], "en") == ""


def test_the_waveform_marks_speech_and_shows_the_quiet_channel_too():
    peaks = np.array([[1.0, 0.5, 0.0, 0.25], [0.01, 0.0, 0.0, 0.0]], np.float32)
    loud, quiet = encode(peaks, 0.5, [(0, 0.6, 1.4)])
    assert [level % SPEECH for level in loud] == [127, 90, 0, 64]
    assert [level >= SPEECH for level in loud] == [False, True, True, False]
    assert quiet[0] == 13 and max(quiet) < SPEECH


# How the mood moved


def test_shares_are_of_time_not_of_segments():
    mixed = channel(segments=[Segment(0, 6, ANGRY), Segment(6, 7, SAD), Segment(8, 9, SAD)])
    assert shares(mixed) == {"angry": pytest.approx(0.75), "sad": pytest.approx(0.25)}
    assert shares(channel(scores={})) == {}


def test_the_strongest_moments_come_in_order_of_time_and_leave_calm_ones_out():
    calm = [Segment(n, n + 1, {"neutral": 0.9, "angry": 0.1}) for n in range(20, 30)]
    loud = [Segment(n, n + 1, {"angry": 0.3 + n / 20, "neutral": 0.7 - n / 20}) for n in range(10)]
    found = strongest(result(channel(segments=[*loud, *calm]), channel(1, segments=[Segment(3, 4, SAD)])))
    assert [(moment.channel, moment.start) for moment in found] == [(1, 3), *((0, start) for start in range(5, 10))]
    html = mood_html(result(channel(segments=calm)), ["Left"], "en")
    assert "No emotion stands out but calm and neutral" in html


def test_moments_and_table_play_from_where_they_begin():
    html = mood_html(result(channel(segments=[Segment(3.5, 9, ANGRY)])), ["Agent"], "en")
    assert re.findall(r'data-play-from="(.*?)"', html) == ["3.50", "3.50"]
    assert "Agent: angry (71 %)" in plain(html)
    assert "Agent 0:04 0:09 angry 71 %" in " ".join(plain(html).split())


def test_the_result_survives_the_way_through_json():
    whole = result(channel(segments=[Segment(0, 4, ANGRY)], warnings=["w"]), channel(1, scores=SAD))
    assert Result.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole
