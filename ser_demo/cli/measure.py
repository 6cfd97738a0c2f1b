"""The last step of the commands that make a model: its figures on the test speakers, and the card that tells them."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ser_demo.cli.progress import Terminal
from ser_demo.errors import SerError

if TYPE_CHECKING:
    import pandas as pd


def measure_finished(folder: Path, table: "pd.DataFrame", terminal: Terminal, again: str | None = None) -> bool:
    """Writes figures and card into the folder of a finished checkpoint, which stays whatever happens here.

    Args:
        folder: of the checkpoint.
        table: of `read_corpora`, with the column `split`.
        terminal: told of the progress.
        again: the command that does this another time, if there is one.

    Returns:
        Whether nobody pressed Ctrl-C.
    """
    try:
        _measure(folder, table, terminal)
    except (SerError, OSError) as error:
        terminal.log(f"the model is finished but not measured: {error}")
    except KeyboardInterrupt:
        command = again or f"python -m ser_demo evaluate --model {shlex.quote(str(folder))} --data ..."
        terminal.log(f"stopped; the model is finished and in {folder}, measure it with: {command}")
        return False
    return True


def _measure(folder: Path, table: "pd.DataFrame", terminal: Terminal) -> None:
    from ser_demo.evaluation.evaluate import evaluate
    from ser_demo.evaluation.markdown import to_markdown
    from ser_demo.evaluation.report import to_html
    from ser_demo.publishing.card import write_card

    write_card(folder)  # what is stopped while it is measured has its card, without figures
    if (table["split"] == "test").any():
        evaluation = evaluate(str(folder), table, "test", lambda done, total: terminal.progress("testing", done, total))
        (folder / "evaluation.json").write_text(json.dumps(evaluation.to_dict(), indent=1) + "\n", encoding="utf-8")
        (folder / "evaluation.html").write_text(to_html(evaluation), encoding="utf-8")
        print(to_markdown(evaluation))
        write_card(folder)
    else:
        terminal.log("there are no test speakers: the model is not measured")
