#!/usr/bin/env python3
"""Passes a benchmark's output through and checks that each line is a result as Bench/README.md defines it.

    bench_output.py NAME TABLE

Adds a row for each result to the file TABLE, in Markdown.
"""

import json
import sys

KEYS = {"name": str, "metric": str, "ours": (int, float), "peer": (int, float, type(None)),
        "peer_name": (str, type(None)), "ratio": (int, float, type(None)), "unit": str}


def row(value):
    peer = "" if value["peer"] is None else f"{value['peer']:,} ({value['peer_name']})"
    ratio = "" if value["ratio"] is None else f"{value['ratio']:.3g}"
    return f"| `{value['name']}` | {value['metric']} | {value['ours']:,} {value['unit']} | {peer} | {ratio} |\n"


def main():
    lines = 0
    for line in sys.stdin:
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict) or set(value) != set(KEYS) or not all(
                isinstance(value[key], kind) for key, kind in KEYS.items()):
            print(f"bench {sys.argv[1]}: invalid result: {line.rstrip()}", file=sys.stderr)
            return 1
        print(line, end="", flush=True)
        with open(sys.argv[2], "a", encoding="utf-8") as table:
            table.write(row(value))
        lines += 1
    if lines == 0:
        print(f"bench {sys.argv[1]}: no results", file=sys.stderr)
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main())
