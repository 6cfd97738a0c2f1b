"""What a result is saved as: every file is read back with a parser of its format."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from recordings import CALL as CALL_FILE

from ser_demo.result import Audio, Channel, Model, Result, Segment
from ser_demo.ui.exports import EXPORTS, export_html
from ser_demo.ui.exports.labels import audacity_labels, elan, rttm
from ser_demo.ui.exports.report import axis_svg, report_html
from ser_demo.ui.exports.tables import named_json, segments_csv
from ser_demo.ui.sound import Sound

ANGRY, SAD = {"angry": 0.71, "sad": 0.29}, {"sad": 0.6, "angry": 0.4}
CALL = Result(
    (
        Channel(0, 6.0, ANGRY, (Segment(1.0, 4.0, ANGRY), Segment(9.0, 12.0, SAD)), ()),
        Channel(1, 3.0, SAD, (Segment(5.0, 8.0, SAD),), ("the file ends early: 20.0 s of the 30.0 s it declares",)),
    ),
    Audio(20.0, 8000, 2),
    Model("tiny", "1"),
)
NAMES = ["Agent", "Max\tM\u00fcller <3"]
SOUND = Sound("my call.wav", "/uploads/1/my call.wav", 0.1, (bytes(range(200)), bytes(200)))


def test_json_is_the_api_answer_with_names():
    fields = json.loads(named_json(CALL, NAMES))
    assert [channel.pop("name") for channel in fields["channels"]] == NAMES
    assert fields == CALL.to_dict()


def test_csv_has_a_row_per_segment():
    rows = list(csv.DictReader(io.StringIO(segments_csv(CALL, NAMES, SOUND.file))))
    assert [(row["name"], row["start"], row["emotion"]) for row in rows] == [
        ("Agent", "1.0", "angry"),
        ("Agent", "9.0", "sad"),
        (NAMES[1], "5.0", "sad"),
    ]
    assert rows[0]["file"] == "my call.wav" and rows[0]["probability"] == rows[0]["angry"] == "0.71"


def test_no_name_in_the_table_is_a_formula():
    """A visitor names the channels, and somebody else opens the table."""
    table = segments_csv(CALL, ["=1+1", "@agent"], "-2.wav")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["name"] for row in rows} == {"'=1+1", "'@agent"} and rows[0]["file"] == "'-2.wav"


def test_audacity_labels_are_three_fields_in_order_of_time():
    lines = [line.split("\t") for line in audacity_labels(CALL, NAMES).splitlines()]
    assert [(float(start), float(end)) for start, end, _ in lines] == [(1, 4), (5, 8), (9, 12)]
    assert [text for _, _, text in lines][:2] == ["Agent: angry 71%", "Max M\u00fcller <3: sad 60%"]


def test_rttm_lines_have_ten_fields():
    fields = [line.split(" ") for line in rttm(CALL, NAMES, "my call").splitlines()]
    assert {len(line) for line in fields} == {10}
    assert fields[0] == ["LEXEME", "my_call", "1", "1.000", "3.000", "angry", "other", "Agent", "0.710", "<NA>"]


def test_elan_has_a_tier_per_channel_whose_slots_exist():
    document = ET.fromstring(elan(CALL, NAMES).encode())
    tiers = document.findall("TIER")
    assert [tier.get("TIER_ID") for tier in tiers] == ["1 Agent", "2 Max M\u00fcller <3"]
    slots = {slot.get("TIME_SLOT_ID"): slot.get("TIME_VALUE") for slot in document.iter("TIME_SLOT")}
    found = [
        (slots[a.get("TIME_SLOT_REF1")], slots[a.get("TIME_SLOT_REF2")], a.findtext("ANNOTATION_VALUE"))
        for a in tiers[0].iter("ALIGNABLE_ANNOTATION")
    ]
    assert found == [("1000", "4000", "angry 71%"), ("9000", "12000", "sad 60%")]
    kinds = {kind.get("LINGUISTIC_TYPE_ID") for kind in document.iter("LINGUISTIC_TYPE")}
    assert {tier.get("LINGUISTIC_TYPE_REF") for tier in tiers} == kinds


class Fetched(HTMLParser):
    """Collects what a page would ask other hosts for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.found += [
            value for name, value in attributes if name in ("src", "srcset") or (tag, name) == ("link", "href")
        ]


@pytest.mark.parametrize(("language", "verdict"), [("en", "Mostly angry"), ("de", "\u00dcberwiegend w\u00fctend")])
def test_the_report_holds_all_it_shows(language, verdict):
    report = report_html(CALL, SOUND, NAMES, language)
    assert verdict in report and f'<html lang="{language}">' in report and "my call.wav" in report
    assert report.count("<figure>") == 2 and report.count("<rect") == 3
    parser = Fetched()
    parser.feed(report)
    assert parser.found == [] and "url(" not in report and "<script" not in report


@pytest.mark.parametrize("seconds", [0.1, 1.0, 20.0, 30.2, 61.0, 3599.0, 7201.0, 4 * 3600.0])
def test_the_time_line_of_the_report_has_its_times_and_none_is_cut_or_written_over_another(seconds):
    axis = re.search(
        r'<svg class="axis".*?</svg>', report_html(replace(CALL, audio=Audio(seconds, 8000, 2)), SOUND, NAMES, "en")
    )
    times = re.findall(r'<text x="(.*?)" .*?text-anchor="(.*?)">([\d:]+)</text>', axis.group())
    assert times[0] == ("4.0", "start", "0:00")
    edges = [0.0]
    for x, anchor, time in times:
        width = 8 * len(time)  # units, at most
        edges += [float(x), float(x) + width] if anchor == "start" else [float(x) - width, float(x)]
    assert [*edges, 1000] == sorted([*edges, 1000])


def test_the_times_of_the_report_stand_where_they_are():
    assert [(x, time) for x, time in re.findall(r'd="M([\d.]+) 0v.*?>([\d:]+)</text>', axis_svg(20.0))] == [
        ("0.5", "0:00"),
        ("250.5", "0:05"),
        ("500.5", "0:10"),
        ("750.5", "0:15"),
        ("999.5", "0:20"),
    ]


def test_a_link_per_format_holds_its_file():
    links = re.findall(
        r'download="(.*?)" href="data:(.*?);charset=utf-8;base64,(.*?)"', export_html(CALL, SOUND, NAMES, "en")
    )
    assert [(name, kind) for name, kind, _ in links] == [
        (f"my call.{export.ending}", export.kind) for export in EXPORTS
    ]
    for export, (_, _, data) in zip(EXPORTS, links, strict=True):
        assert b64decode(data).decode() == export.make(CALL, SOUND, NAMES, "en")


def test_a_recording_without_speech_can_be_saved_in_every_format():
    silent = Result((Channel(0, 0.0, {}, (), ()),), Audio(3.0, 8000, 1), Model("tiny", "1"))
    sound = Sound("a.wav", "", 0.1, (b"",))
    assert "Not enough speech" in EXPORTS[0].make(silent, sound, ["Recording"], "en")
    assert all(isinstance(export.make(silent, sound, ["Recording"], "de"), str) for export in EXPORTS)


def test_an_example_alone_has_a_link_that_opens_it():
    example = Sound(CALL_FILE.name, str(CALL_FILE), 0.1, SOUND.waveform)
    assert 'href="?example=call_two_channels.flac&amp;lang=de"' in export_html(CALL, example, NAMES, "de")
    assert "?example=" not in export_html(CALL, SOUND, NAMES, "en")
