"""Labels on the time line for programs that show audio: Audacity, ELAN, and whatever reads RTTM."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from ser_demo.result import Result, Segment

_EAF = {
    "AUTHOR": "",
    "DATE": "1970-01-01T00:00:00+00:00",  # the same result, the same file
    "FORMAT": "3.0",
    "VERSION": "3.0",
}


def audacity_labels(result: Result, names: Sequence[str]) -> str:
    """A label track (File, Import, Labels): start and end in seconds and a text, separated by tabs, in time order."""
    found = sorted(_segments(result), key=lambda item: (item[1].start, item[0]))
    lines = (f"{part.start:.3f}\t{part.end:.3f}\t{_line(names[number])}: {_told(part)}\n" for number, part in found)
    return "".join(lines)


def rttm(result: Result, names: Sequence[str], file: str) -> str:
    """NIST's Rich Transcription Time Marked lines: the emotion is the word, its probability the confidence.

    Fields are type, file, channel from 1, start, length, word, subtype, speaker, confidence and look-ahead; none may
    hold a space.
    """
    lines = []
    for number, segment in _segments(result):
        emotion, probability = next(iter(segment.scores.items()))
        times = f"{segment.start:.3f} {segment.end - segment.start:.3f}"
        speaker = _token(names[number])
        lines.append(
            f"LEXEME {_token(file)} {number + 1} {times} {_token(emotion)} other {speaker} {probability:.3f} <NA>\n"
        )
    return "".join(lines)


def elan(result: Result, names: Sequence[str]) -> str:
    """An annotation document of ELAN (.eaf), one tier for each channel."""
    document = ET.Element("ANNOTATION_DOCUMENT", _EAF)
    ET.SubElement(document, "HEADER", TIME_UNITS="milliseconds")
    order = ET.SubElement(document, "TIME_ORDER")
    number = 0
    for channel in result.channels:
        # ELAN tells tiers apart by their names.
        title = f"{channel.channel_number + 1} {_line(names[channel.channel_number])}"
        tier = ET.SubElement(document, "TIER", TIER_ID=title, LINGUISTIC_TYPE_REF="emotion")
        for segment in channel.segments:
            number += 1
            slots = {"TIME_SLOT_REF1": f"ts{2 * number - 1}", "TIME_SLOT_REF2": f"ts{2 * number}"}
            for slot, seconds in zip(slots.values(), (segment.start, segment.end), strict=True):
                ET.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=str(round(1000 * seconds)))
            annotation = ET.SubElement(ET.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", slots)
            annotation.set("ANNOTATION_ID", f"a{number}")
            ET.SubElement(annotation, "ANNOTATION_VALUE").text = _told(segment)
    ET.SubElement(document, "LINGUISTIC_TYPE", LINGUISTIC_TYPE_ID="emotion", TIME_ALIGNABLE="true")
    ET.indent(document)
    return ET.tostring(document, encoding="unicode", xml_declaration=True) + "\n"


def _segments(result: Result) -> Iterator[tuple[int, Segment]]:
    for channel in result.channels:
        for segment in channel.segments:
            yield channel.channel_number, segment


def _told(segment: Segment) -> str:
    emotion, probability = next(iter(segment.scores.items()))
    return _line(f"{emotion} {probability:.0%}")


def _line(text: str) -> str:
    """Text for formats in which tabs and line ends mean something, and XML, which forbids control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _token(text: str) -> str:
    return "_".join(_line(text).split()) or "<NA>"
