"""`python -m leadproof.suite.client.example FILE`."""

import sys

from leadproof.suite.client.example.driver import main

sys.exit(main(sys.argv[1:]))
