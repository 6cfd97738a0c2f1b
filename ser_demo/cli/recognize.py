"""`python -m ser_demo recognize`: the emotions in recordings, as a table, JSON or CSV."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ser_demo.cli.output import can_be_written, write_text
from ser_demo.errors import AudioError, SerError, printable
from ser_demo.result import Emotions, Result, channel_warnings, choose_scores, csv_text

STANDARD_INPUT, ITS_NAME = "-", "standard input"

DESCRIPTION = """\
Recognise the emotions in each channel of recordings: WAV, FLAC, MP3, Ogg, M4A, MP4, WebM and what else carries sound.
A file that cannot be analysed is named on standard error with the reason; the others are still answered."""

EXAMPLE = """\
examples:
  python -m ser_demo recognize call.wav
  python -m ser_demo recognize *.mp3 --format csv --output calls.csv
  python -m ser_demo recognize call.wav --format json --emotions basic --model org/some-checkpoint
  curl https://calls.example/17.wav | python -m ser_demo recognize -

With one file, JSON is that file's result; with several, a list of results, each with a "file" entry beside it.
Exit code: 0 all done, 1 some files failed, 2 wrong usage, 130 stopped by Ctrl-C. The variables SER_MODEL,
SER_DEVICE, SER_MAX_BYTES, SER_MAX_SECONDS and SER_MAX_CHANNELS apply."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "recognize",
        help="recognise the emotions in recordings",
        description=DESCRIPTION,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings; - is standard input")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: %(default)s")
    parser.add_argument("--output", type=Path, metavar="PATH", help="write there instead of to standard output")
    parser.add_argument("--model", metavar="ID", help="Hub id or folder of a checkpoint (default: the embedded model)")
    parser.add_argument(
        "--emotions", choices=("all", "basic"), default="all", help="basic: happy, neutral, sad, angry only"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if not can_be_written(options.output, read=options.files):
        return 2

    from ser_demo.cli.progress import progress_bar
    from ser_demo.recognizer import EmotionRecognizer

    recognizer = EmotionRecognizer(options.model)
    results: list[tuple[str, Result]] = []
    failed = 0
    with progress_bar("recognising") as progress:
        for given in options.files:
            source, file = (sys.stdin.buffer, ITS_NAME) if given == STANDARD_INPUT else (given, given)
            try:
                results.append((file, recognizer.recognize(source, progress=progress)))
            except SerError as error:
                failed += 1
                # The error of a recording names the file without its folder; two folders may hold the same name.
                problem = f"{error.problem}. {error.remedy}." if isinstance(error, AudioError) else str(error)
                print(f"error: {_shown(file)}: {problem}", file=sys.stderr)
            except KeyboardInterrupt:
                print(f"stopped at {_shown(file)}; {len(results)} files were done", file=sys.stderr)
                _write(options, results)
                return 130
    _write(options, results)
    return 1 if failed else 0


def _shown(file: str) -> str:
    return printable(file) or '""'


def _write(options: argparse.Namespace, results: list[tuple[str, Result]]) -> None:
    if options.format == "json":
        text = as_json(results, options.emotions, is_single=len(options.files) == 1)
    elif options.format == "csv":
        text = csv_text(results, options.emotions)
    else:
        text = as_table(results, options.emotions)
    if options.output is None:
        print(text, end="")
    elif results:  # or else what the file holds from before is worth more
        write_text(options.output, text)


def as_json(results: list[tuple[str, Result]], emotions: Emotions, is_single: bool) -> str:
    """The result of one file, or the list of several files' results, each beside its file's name."""
    if is_single:
        document: Any = results[0][1].to_dict(emotions) if results else {}
    else:
        document = [{"file": file, **result.to_dict(emotions)} for file, result in results]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_table(results: list[tuple[str, Result]], emotions: Emotions) -> str:
    """For reading: a block per channel with its probabilities and its segments' most probable emotion."""
    lines = []
    for file, result in results:
        lines.append(f"{_shown(file)}  ({result.audio.duration:.1f} s, {result.audio.sample_rate} Hz)")
        for channel in result.channels:
            scores = choose_scores(channel.scores, emotions)
            top = next(iter(scores), "no basic emotion" if channel.scores else "not enough speech")
            lines.append(f"  channel {channel.channel_number}: {top}, {channel.speech_length:.1f} s of speech")
            lines += [f"    {emotion:<10} {100 * p:5.1f} %  {'#' * round(30 * p)}" for emotion, p in scores.items()]
            for segment in channel.segments:
                segment_scores = choose_scores(segment.scores, emotions)
                emotion, probability = next(iter(segment_scores.items()), ("-", 0.0))
                lines.append(f"    {segment.start:7.1f} to {segment.end:7.1f} s  {emotion} {100 * probability:.0f} %")
            lines += [f"    note: {warning}" for warning in channel_warnings(channel, emotions)]
        lines.append("")
    return "\n".join(lines)
