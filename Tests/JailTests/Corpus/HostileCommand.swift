/// A command that tries something it must not be able to do.
///
/// A command that succeeds prints ``escaped`` or the planted secret, so most need no judge of their own. Placeholders
/// are replaced before the command runs: see ``Bait``.
struct HostileCommand: Sendable, CustomStringConvertible {
    enum Verdict: Sendable {
        /// Whatever its status: it printed no mark and left nothing.
        case harmless
        /// It ended with another status than 0.
        case fails
        /// Its standard output, without white space at the ends.
        case prints(String)
        /// It was ended by force, or its shell was.
        case isEnded
        /// It was ended at its time limit, and nothing else ends it.
        case timesOut
    }

    static let escaped = "ESC" + "APED"

    let name: String
    let text: String
    let verdict: Verdict

    init(_ name: String, _ text: String, _ verdict: Verdict = .harmless) {
        self.name = name
        self.text = text
        self.verdict = verdict
    }

    /// A Python program with `escaped()`, which prints the mark, and `syscall(number, …)`, which returns the error's
    /// number or 0.
    static func python(_ name: String, _ program: String, _ verdict: Verdict = .harmless) -> HostileCommand {
        let prelude = """
            import ctypes, errno, os, socket, struct, sys
            libc = ctypes.CDLL(None, use_errno=True)
            def escaped(): print("ESC" + "APED", flush=True)
            def syscall(*args):
                ctypes.set_errno(0)
                result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
                return ctypes.get_errno() if result == -1 else 0
            """
        return HostileCommand(name, "python3 - <<'PROGRAM'\n\(prelude)\n\(program)\nPROGRAM", verdict)
    }

    var description: String { self.name }
}
