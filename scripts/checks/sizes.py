#!/usr/bin/env python3
"""Reports the sizes of files and functions and the share of comments and tests; fails if a file or a target of
Domain is too long."""

import collections
import re
import sys

from swift_files import code_only, files, name

FILE_LIMIT = 600
DOMAIN_LIMIT = 9000  # of one target
# Host composes and does nothing else, so it stays small besides Configuration and Doctor. The limits only ever go down.
HOST_LIMITS = (27, 2500)
FUNCTION = re.compile(r"(?:\bfunc\s+(?:`?\w+`?|[^\s\w(]+)|\binit[?]?|\bdeinit|\bsubscript)\s*(?=[(<{])")


def functions(code):
    """(first line, number of lines) of every function with a body, from its name to its closing brace."""
    for match in FUNCTION.finditer(code):
        start = body = None
        depth = 0
        for position in range(match.end(), len(code)):
            letter = code[position]
            if letter in "([":
                depth += 1
            elif letter in ")]":
                depth -= 1
                if depth < 0:
                    break  # a call or a closure's argument, not a declaration
            elif letter == "{" and depth == 0:
                start = position
                break
            elif letter in "};" and depth == 0:
                break
            elif letter == "\n" and depth == 0 and not re.match(
                    r"\s*(?:[{)]|where\b|throws\b|async\b|->|rethrows\b)", code[position:position + 200]):
                break
        if start is None:
            continue
        depth = 0
        for position in range(start, len(code)):
            if code[position] == "{":
                depth += 1
            elif code[position] == "}":
                depth -= 1
                if depth == 0:
                    body = position
                    break
        if body is not None:
            first = code.count("\n", 0, match.start()) + 1
            yield first, code.count("\n", match.start(), body) + 1


def at(values, share):
    """The quantile: the value that this share of the sorted values does not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0


def main():
    sizes, lengths, comments, total = {}, [], 0, 0
    for path in files("Sources", "adapters"):
        text = path.read_text()
        lines = text.splitlines()
        sizes[name(path)] = len(lines)
        total += sum(1 for line in lines if line.strip())
        comments += sum(1 for line in lines if line.lstrip().startswith("//"))
        lengths += [(length, f"{name(path)}:{first}") for first, length in functions(code_only(text))]
    tests = {name(path): len(path.read_text().splitlines()) for path in files("Tests", "TestSupport")}
    ordered, spans = sorted(sizes.values()), sorted(lengths)
    values = [length for length, _ in spans]
    print(f"files      {len(ordered)}: median {at(ordered, 0.5)}, p95 {at(ordered, 0.95)}, max {at(ordered, 1)} lines")
    print(f"functions  {len(values)}: median {at(values, 0.5)}, p95 {at(values, 0.95)}, max {at(values, 1)} lines"
          + (f" ({spans[-1][1]})" if spans else ""))
    print(f"comments   {100 * comments / max(total, 1):.0f} % of non-blank lines")
    print(f"tests      {sum(tests.values()) / max(sum(ordered), 1):.2f} lines per line of source "
          f"({sum(tests.values())} / {sum(ordered)})")
    host = [size for path, size in sizes.items()
            if path.startswith("Sources/Host/") and path.split("/")[2] not in ("Configuration", "Doctor")]
    print(f"host       {len(host)} files, {sum(host)} lines besides Configuration and Doctor")
    host_is_over = len(host) > HOST_LIMITS[0] or sum(host) > HOST_LIMITS[1]
    if host_is_over:
        print(f"Sources/Host: over {HOST_LIMITS[0]} files or {HOST_LIMITS[1]} lines: behaviour belongs to Domain, "
              "mostly to Turns", file=sys.stderr)
    targets = collections.Counter()
    for path, size in sizes.items():
        if path.startswith("Sources/Domain/"):
            targets[path.split("/")[2]] += size
    largest, most = targets.most_common(1)[0]
    print(f"domain     {len(targets)} targets, the largest {largest} with {most} lines")
    if most > DOMAIN_LIMIT:
        print(f"Sources/Domain/{largest}: over {DOMAIN_LIMIT} lines: divide it by what it is about", file=sys.stderr)
    over = {path: size for path, size in (sizes | tests).items() if size > FILE_LIMIT}
    for path, size in over.items():
        print(f"{path}: {size} lines, over {FILE_LIMIT}: split it by topic", file=sys.stderr)
    return 1 if over or host_is_over or most > DOMAIN_LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
