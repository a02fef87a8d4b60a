"""`python -m leadproof`."""

import sys

from leadproof.cli import main

if __name__ == "__main__":
    sys.exit(main())
