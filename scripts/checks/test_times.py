#!/usr/bin/env python3
"""Prints where the time of a run of tests went: its steps, and its slowest tests.

    test_times.py STEPS LOG...     STEPS has a line with seconds and name for each step; LOG is what a run has printed
"""

import pathlib
import re
import sys

SHOWN = 50
PASSED = re.compile(r"^[✔✘] Test (?:\"(.*)\"|(\S+)).*? (?:passed|failed) after ([0-9.]+) seconds", re.MULTILINE)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tests = []
    for log in sys.argv[2:]:
        text = pathlib.Path(log).read_text(errors="replace")
        # The last line is about the whole run.
        tests += [(float(seconds), title or name) for title, name, seconds in PASSED.findall(text) if name != "run"]
    tests.sort(reverse=True)
    print(f"==> the {min(SHOWN, len(tests))} slowest of {len(tests)} tests, in seconds")
    for seconds, title in tests[:SHOWN]:
        print(f"{seconds:8.1f}  {title}")
    steps = pathlib.Path(sys.argv[1])
    if steps.exists():
        print("==> where the time went, in seconds")
        for line in steps.read_text().splitlines():
            seconds, _, title = line.partition("\t")
            print(f"{float(seconds):8.1f}  {title}")


if __name__ == "__main__":
    main()
