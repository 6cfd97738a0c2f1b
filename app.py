"""Entry point of the Hugging Face Space: `python app.py` is the same as `python -m ser_demo serve`."""

import sys

from ser_demo.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
