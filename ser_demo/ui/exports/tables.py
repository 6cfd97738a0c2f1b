"""The result as JSON and as a spreadsheet, with the channels' names added."""

import csv
import io
import json
from collections.abc import Sequence

from ser_demo.result import Result, plain_name

COLUMNS = ("file", "channel", "name", "start", "end", "emotion", "probability")


def named_json(result: Result, names: Sequence[str]) -> str:
    """The JSON of the API, each channel with a `name` beside its number."""
    fields = result.to_dict()
    for channel, name in zip(fields["channels"], names, strict=True):
        channel["name"] = name
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def segments_csv(result: Result, names: Sequence[str], file: str) -> str:
    """A row per segment: `COLUMNS`, then the probability of each emotion, in alphabetical order."""
    emotions = sorted({emotion for c in result.channels for segment in c.segments for emotion in segment.scores})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(plain_name, emotions)])
    file, called = plain_name(file), [plain_name(name) for name in names]
    for channel in result.channels:
        for segment in channel.segments:
            emotion, probability = next(iter(segment.scores.items()))
            times = (round(segment.start, 3), round(segment.end, 3))
            row = (file, channel.channel_number, called[channel.channel_number], *times, plain_name(emotion))
            writer.writerow([*row, round(probability, 6), *(round(segment.scores.get(e, 0.0), 6) for e in emotions)])
    return text.getvalue()
