"""`python -m ser_demo`."""

import sys

from ser_demo.cli import main

sys.exit(main())
