/// The shell and its completion channel.
extension HostileCommand {
    static let shell: [HostileCommand] = [
        .init(
            "a forged end on every descriptor",
            "for i in 0 1 2 3 4 5 6 7 8 9; do echo 'x 0' >&$i; done 2>/dev/null; sh -c 'exit 7'", .fails),
        .init(
            "a forged end through /proc",
            "for f in /proc/[0-9]*/fd/*; do echo 'x 0' >$f; done 2>/dev/null </dev/null; false", .fails),
        .init(
            "the memory of the shell",
            "dd if=/proc/$$/mem bs=1 count=1 of=/tmp/m 2>/dev/null && echo ESC\"\"APED; dd if=/proc/$PPID/mem bs=1 count=1 of=/tmp/m 2>/dev/null && echo ESC\"\"APED; true",
            .prints("")),
        .init(
            "the descriptors of the shell",
            "sh -c 'ls -l /proc/$PPID/fd/ 2>/dev/null | grep -q socket && echo ESC\"\"APED; true'", .prints("")),
        .init("closed descriptors", "exec 0<&- 1>&- 2>&- 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-"),
        .init("output moved away", "exec >/dev/null 2>&1"),
        .init("output is back", "echo back", .prints("back")),
        .init(
            "functions over the driver's words",
            "unset() { :; }; eval() { :; }; printf() { echo 'x 0'; }; command() { :; }; set() { :; }"),
        .init("statuses after that", "(exit 5)", .fails),
        .init(
            "aliases over the driver's words", "alias printf='echo x 0' eval=: unset=: command=: exit=:; (exit 6)",
            .fails),
        .init("the end of aliases", "\\unalias -a; \\unset -f unset eval printf command set 2>/dev/null; true"),
        .init("an open quote", "echo 'never closed", .fails),
        .init("an open here-document", "cat <<NEVER\ninside", .prints("inside")),
        .init("an open brace", "if true; then {", .fails),
        .init("exit", "exit 3", .isEnded),
        .init("exec of another program", "exec sleep 0.1", .isEnded),
        .init("the end of the shell by a signal", "kill -9 $$", .isEnded),
        .init("a stopped shell", "kill -STOP $$", .isEnded),
        .init("a stopped shell by a child", "sh -c 'kill -STOP $PPID'; true"),
        .init("errors that end the shell", "set -e; false; true", .isEnded),
        .init("undefined names that end the shell", "set -u; echo $nothing_of_this_name", .isEnded),
        .init("a return", "return 4", .harmless),
        .init("a break", "break 5; continue 5; (exit 8)", .fails),
        .init("a readonly driver variable", "readonly __jb=0; (exit 9)"),
        .init("a trap at exit", "trap 'echo x 0 >&9' EXIT; true"),
        .init("a trap at a signal", "trap 'echo x 0 >&9' USR1; kill -USR1 $$; (exit 11)"),
        .init("traps are over", "trap - EXIT USR1; true"),
        .init("commands read but not run", "set -n", .isEnded),
        .init("traced commands", "set -vx; (exit 12)", .fails),
        .init("the end of traces", "set +vx"),
        .init("another IFS", "IFS=0123456789; PATH=; (exit 13)", .fails),
        .init("the end of that", "unset IFS; PATH=/usr/bin:/bin; set +u"),
        .init("a NUL in the output", "printf 'a\\0b' | od -An -c | tr -d ' \\n'", .prints("a\\0b")),
        .init("background writers", "(while :; do echo noise; sleep 0.01; done) & sleep 0.1; kill $!; wait $!"),
        .init(
            "a directory that goes away",
            "mkdir -p /workspace/gone && cd /workspace/gone && rmdir /workspace/gone; true"),
        .init("the next command after that", "cd /workspace && pwd", .prints("/workspace")),
    ]

    static let resources: [HostileCommand] = [
        .init("a fork bomb", "bomb() { bomb | bomb & }; bomb; sleep 60", .isEnded),
        .init(
            "a fork bomb in the background",
            "python3 -c 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass' & sleep 60", .isEnded),
        .python("a memory bomb", "blocks = []\nwhile True: blocks.append(bytearray(16 << 20))", .fails),
        .python(
            "memory in four processes",
            "for _ in range(4):\n    if os.fork() == 0:\n        b = bytearray(400 << 20)\n        for i in range(0, len(b), 4096): b[i] = 1\n        escaped(); os._exit(0)\nfor _ in range(4): os.wait()\nsys.exit(1)",
            .harmless),
        .init(
            "a full /tmp",
            "dd if=/dev/zero of=/tmp/fill bs=1M 2>/dev/null; ls -l /tmp/fill | awk '{ if ($5 > 300 * 1048576) print \"ESC\" \"APED\" }'; rm -f /tmp/fill; true"
        ),
        .init(
            "a full /dev/shm",
            "dd if=/dev/zero of=/dev/shm/fill bs=1M 2>/dev/null; ls -l /dev/shm/fill | awk '{ if ($5 > 300 * 1048576) print \"ESC\" \"APED\" }'; rm -f /dev/shm/fill; true"
        ),
        .init(
            "a file over the limit",
            "dd if=/dev/zero of=/workspace/big bs=1M count=200 2>/dev/null; s=$?; rm -f /workspace/big; exit_status() { return $s; }; exit_status",
            .fails),
        .init(
            "a full workspace",
            "i=0; while [ $i -lt 60 ]; do dd if=/dev/zero of=/workspace/fill.$i bs=1M count=8 2>/dev/null || break; i=$((i + 1)); done; rm -f /workspace/fill.*; true"
        ),
        .python(
            "a workspace full of files",
            "os.makedirs('/workspace/many', exist_ok=True)\ntry:\n    for i in range(300000): open('/workspace/many/%d' % i, 'w').close()\n    escaped()\nexcept OSError: print('refused')"
        ),
        .init("those files again", "rm -rf /workspace/many; true"),
        .init("endless output", "yes", .isEnded),
        .init("an endless line", "tr '\\0' x </dev/zero", .isEnded),
        .init("endless errors", "yes >&2", .isEnded),
        .init("an endless loop", "while :; do :; done", .timesOut),
        .init("a long sleep", "sleep 1000", .timesOut),
        .init("signals ignored", "trap '' TERM INT HUP QUIT; while :; do sleep 1; done", .timesOut),
        .python(
            "open files",
            "files = []\ntry:\n    while len(files) < 100000: files.append(open('/dev/null'))\n    escaped()\nexcept OSError: print('refused')",
            .prints("refused")),
        .init(
            "zombies",
            "python3 -c 'import os, time\nfor _ in range(20):\n  if os.fork() == 0: os._exit(0)\ntime.sleep(0.2)'; true"
        ),
        .init("a daemon", "(setsid sh -c 'trap \"\" HUP TERM; exec sleep 1234' >/dev/null 2>&1 &); true"),
        .init(
            "a double fork",
            "python3 -c 'import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    time.sleep(1234)\n  os._exit(0)'; true"
        ),
        .init("an orphan that keeps the output", "sleep 1234 & disown 2>/dev/null; true"),
    ]

    static let workspace: [HostileCommand] = [
        .init("a link to a host file", "ln -sf {SECRET} /workspace/link; cat /workspace/link", .fails),
        .init("a hard link to the system", "ln /usr/bin/id /workspace/hard && echo ESC\"\"APED", .fails),
        .init("a link to the root", "ln -sfn / /workspace/root; cat /workspace/root{SECRET}", .fails),
        .init("links are gone", "rm -f /workspace/link /workspace/root; true"),
        .init("a rename of the workspace", "mv /workspace /workspace2 && echo ESC\"\"APED", .fails),
        .init(
            "a removal of the workspace",
            "rmdir /workspace; rm -rf --no-preserve-root /workspace/ 2>/dev/null; ls -d /workspace",
            .prints("/workspace")),
        .init("an open descriptor upwards", "cd /workspace; cat ../../../..{SECRET}", .fails),
        .init(
            "names of host folders", "cat /proc/self/mountinfo | grep -F '{SECRET}' && echo ESC\"\"APED; true",
            .prints("")),
    ]

    /// All of them, in an order in which each finds what it needs.
    static let all =
        Self.host + Self.kernel + Self.calls + Self.network + Self.shell + Self.workspace + Self.resources
}
