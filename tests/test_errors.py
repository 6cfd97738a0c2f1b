"""What is taken over of other people's errors."""

import pytest

from ser_demo.errors import first_line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError("no space. Free some.\nin file x\nin file y"), "no space. Free some"),
        (ValueError("\n  odd value\r\n"), "odd value"),
        (OSError(), "OSError"),
        (ValueError("\n"), "ValueError"),
    ],
)
def test_an_error_of_a_library_is_one_line_that_is_never_empty(error: Exception, said: str) -> None:
    assert first_line(error) == said
