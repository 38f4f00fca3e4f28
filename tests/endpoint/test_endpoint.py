#!/usr/bin/env python3
"""The endpoint's self test under the name that the test run looks for."""
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from endpoint import selftest

if __name__ == "__main__":
    sys.exit(selftest.main())
