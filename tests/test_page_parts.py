"""The page's words, colours and drawings, without a server."""

import json
import re
from base64 import b64decode
from html import unescape

import pytest

from ser_demo.labels import EMOTIONS
from ser_demo.result import Audio, Channel, Model, Result, Segment, csv_text
from ser_demo.ui import wording
from ser_demo.ui.about import about_html
from ser_demo.ui.blocks import blocks_of
from ser_demo.ui.card import card_html
from ser_demo.ui.downloads import downloads_html
from ser_demo.ui.examples import FOLDER, LABELS, example_files
from ser_demo.ui.palette import EMOTION_COLOURS, UNKNOWN, colour_of, contrast
from ser_demo.ui.reading import result_from_json
from ser_demo.ui.timeline import timeline_html

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


def three_hours(scores_of):
    """A result of 3 hours with a segment every 5 s in both channels."""
    segments = [Segment(start, start + 4.5, scores_of(start // 5)) for start in range(0, 3 * 3600, 5)]
    return result(channel(0, segments=segments), channel(1, segments=segments), duration=3 * 3600.0)


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
    assert plain(wording.summary(channel(scores=scores))) == sentence


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, ["Recording"]), (2, ["Left", "Right"]), (3, ["Channel 1", "Channel 2", "Channel 3"])],
)
def test_channels_have_the_names_that_people_use(count, names):
    assert [wording.channel_name(number, count) for number in range(count)] == names


def test_times_and_lengths():
    assert [wording.clock(seconds) for seconds in (0, 40.4, 180, 3725)] == ["0:00", "0:40", "3:00", "1:02:05"]
    assert [plain(wording.length(seconds)) for seconds in (4.21, 14, 185, 120, 4 * 3600)] == [
        "4.2 s",
        "14 s",
        "3 min 5 s",
        "2 min",
        "4 h",
    ]
    assert wording.progress_text(40, 180) == "0:40 of 3:00"
    assert [plain(wording.percent(p)) for p in (0, 0.001, 0.126, 1)] == ["0 %", "under 1 %", "13 %", "100 %"]


def test_warnings_call_channels_as_the_page_does():
    twins = "channels 0 and 1 carry the same audio"
    assert wording.warning_text(twins, 2) == "Left and Right carry the same audio."
    assert wording.warning_text(twins, 3) == "Channel 1 and Channel 2 carry the same audio."
    assert wording.warning_text("the file ends early", 1) == "The file ends early."


def test_the_note_says_what_must_be_said():
    note = " ".join(plain(about_html()).split())
    said = ("acted", "English, German and Polish", "lie detector", "diagnosis", "AI Act", "within 40 minutes")
    assert [phrase for phrase in said if phrase not in note] == []


def test_every_example_is_there_and_called_synthetic():
    assert set(example_files()) == {FOLDER / name for name in LABELS}
    assert "synthetic" in wording.EXAMPLES_LABEL


# Colours


def test_every_emotion_has_a_colour_of_its_own_with_readable_text():
    colours = [colour_of(emotion) for emotion in EMOTIONS]
    assert len({colour.fill for colour in [*colours, UNKNOWN]}) == len(EMOTIONS) + 1
    assert set(EMOTION_COLOURS) == set(EMOTIONS)
    assert min(contrast(colour.fill, colour.text) for colour in [*colours, UNKNOWN]) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# Cards


def test_a_card_shows_every_probability_as_a_bar():
    card = card_html(channel(), 2)
    assert re.findall(r'<th scope="row">(.*?)</th>', card) == list(ANGRY)
    assert re.findall(r"width:([\d.]+)%", card) == ["71.0", "20.0", "9.0"]
    assert f"background:{colour_of('angry').fill}" in card
    assert "Left" in plain(card) and "Mostly angry (71 %), 14 s of speech" in plain(card)


def test_a_card_without_speech_has_no_bars_but_says_why():
    card = card_html(channel(scores={}, speech=0.2, warnings=["not enough speech: 0.2 s found"]), 1)
    assert "ser-bars" not in card
    assert "Not enough speech to tell" in plain(card) and "Not enough speech: 0.2 s found." in plain(card)


def test_labels_of_other_checkpoints_are_shown_in_the_fallback_colour_and_not_by_the_hundred():
    many = {f"label_{n}": 1 / 500 for n in range(500)}
    card = card_html(channel(scores=many), 1)
    assert card.count("<tr>") == 10 and UNKNOWN.fill in card and "and 490 less probable" in plain(card)


def test_hostile_text_is_shown_as_text():
    segments = [Segment(0, 9, {HOSTILE: 1.0})]
    hostile = result(channel(scores={HOSTILE: 1.0}, segments=segments, warnings=[HOSTILE]))
    links = downloads_html(hostile.to_dict(), HOSTILE)
    for html in (card_html(hostile.channels[0], 1), timeline_html(hostile), links):
        assert "<img" not in html
        # What is not in a tag of ours is text: no quote of the label may end an attribute.
        assert not re.search(r'<[^>]*"alert', html)


# Time line


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


def test_a_segment_is_a_labelled_block_in_its_place():
    drawing = timeline_html(result(channel(segments=[Segment(3, 9, ANGRY)]), channel(1, scores={})))
    block = re.search(r'<span role="listitem"[^>]*>angry</span>', drawing).group()
    assert "left:10.000%" in block and "width:20.000%" in block and colour_of("angry").fill in block
    assert plain(re.search(r'title="(.*?)"', block).group(1)) == "0:03 to 0:09: angry (71 %)"
    assert "Right: not enough speech to tell" in plain(drawing)
    assert "Left 0:03 0:09 angry 71 %" in " ".join(plain(drawing).split())
    ticks = re.findall(r"<span style=\"[^\"]*\">(.*?)</span>", drawing)
    assert ticks == ["0:00", "0:05", "0:10", "0:15", "0:20", "0:25"]


def test_a_block_too_narrow_for_its_name_keeps_it_in_the_title():
    drawing = timeline_html(result(channel(segments=[Segment(3, 4, ANGRY)]), duration=30))
    assert 'title="0:03 to 0:04: angry (71' in drawing and ">angry</span>" not in drawing


@pytest.mark.parametrize(
    "scores_of",
    [lambda n: ANGRY, lambda n: (ANGRY, SAD)[n % 2], lambda n: (ANGRY, SAD)[n * n % 7 % 2]],
    ids=["always the same", "always another", "mixed"],
)
def test_three_hours_make_a_small_drawing(scores_of):
    drawing = timeline_html(three_hours(scores_of))
    assert len(drawing) < 500_000
    assert 2 <= drawing.count('class="ser-block"') <= 1200
    assert drawing.count("<span style") <= 60


def test_a_result_of_no_length_can_be_drawn():
    assert "ser-axis" in timeline_html(result(channel(scores={}), duration=0.0))


# Downloads


def test_the_result_survives_the_way_through_json():
    whole = result(channel(segments=[Segment(0, 4, ANGRY)], warnings=["w"]), channel(1, scores=SAD))
    assert result_from_json(json.loads(json.dumps(whole.to_dict()))) == whole


def test_links_hold_the_json_and_the_csv():
    whole = result(channel(segments=[Segment(0, 4, ANGRY)]))
    link = r'download="(.*?)" href="data:(.*?);charset=utf-8;base64,(.*?)"'
    links = re.findall(link, downloads_html(whole.to_dict(), "call.wav"))
    (json_name, json_type, as_json), (csv_name, csv_type, as_csv) = links
    assert (json_name, json_type) == ("call.emotions.json", "application/json")
    assert (csv_name, csv_type) == ("call.emotions.csv", "text/csv")
    assert json.loads(b64decode(as_json)) == whole.to_dict()
    assert b64decode(as_csv).decode() == csv_text([("call.wav", whole)])
