"""Entry point of the Hugging Face Space: `python app.py` is the same as `python -m ser_demo serve`."""

import sys

if __name__ == "__main__":
    # Here, as the process of each decoder imports this file as well, for every recording.
    from ser_demo.cli import main

    sys.exit(main(["serve", *sys.argv[1:]]))
