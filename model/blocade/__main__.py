"""``python -m blocade``."""

import sys

from blocade.cli import main

if __name__ == "__main__":
    sys.exit(main())
