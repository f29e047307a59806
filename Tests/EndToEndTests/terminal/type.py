"""Types into a program in a pseudo-terminal and prints what it showed: type.py STEPS PROGRAM ARGUMENT...

STEPS is a JSON list of pairs: a text to wait for in what the program shows after the previous step, and what to type
then. The program must end after the last one. Its exit status is the last line.
"""

import json
import os
import pty
import select
import signal
import sys
import time

LIMIT = 30


def main():
    steps, program = json.loads(sys.argv[1]), sys.argv[2:]
    process, terminal = pty.fork()
    if process == 0:
        os.execve(program[0], program, dict(os.environ))
    shown, mark, deadline = b"", 0, time.monotonic() + LIMIT
    while True:
        while steps and (at := shown.find(steps[0][0].encode(), mark)) >= 0:
            mark = at + len(steps[0][0].encode())
            os.write(terminal, steps.pop(0)[1].encode())
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            os.kill(process, signal.SIGKILL)
            break
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the program has closed the terminal
            break
        if not data:
            break
        shown += data
    _, status = os.waitpid(process, 0)
    sys.stdout.buffer.write(shown)
    if steps:
        print(f"\nnever shown: {steps[0][0]!r}")
    print(f"\n{os.waitstatus_to_exitcode(status)}")


main()
