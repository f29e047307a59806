/// What the host writes to the persistent shell for one command, and what the shell reports when it has ended.
///
/// The shell (dash) reads its script from a socket, which is also its descriptor 9. Descriptors 7 and 8 are the output
/// pipes, 6 is /dev/null. Nothing that a command starts has any of these but its three streams, and no process can open
/// another's descriptors, because the shell's program is unreadable. The number in each report is random, so that text
/// that runs later in the shell itself (a trap) cannot report in advance.
enum ShellScript {
    /// The script for `text`. Backslashes keep aliases out. `unset`, `eval` and `export` cannot become functions in
    /// dash, and `command` keeps a syntax error from ending the shell.
    static func script(for text: String, nonce: String) -> [UInt8] {
        let quoted = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        let script = """
            \\unset -f command
            \\command eval '\(quoted)' <&6 >&7 2>&8 6>&- 7>&- 8>&- 9>&-
            __jb=$?; \\unset -f printf; { \\printf '%s %d %s\\n' \(nonce) "$__jb" "${PWD-}"; \\export -p; \\printf '%s\\n' \(nonce); } >&9

            """
        return Array(script.utf8)
    }

    static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        let halves = [generator.next(), generator.next()].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return halves.joined()
    }
}

/// The shell's report about one command.
struct ShellReport: Equatable {
    let status: Int
    let directory: String
    /// The exported variables, each `NAME=VALUE`.
    let variables: [String]

    enum Reading: Equatable {
        case incomplete
        /// Something else than the shell's driver wrote it.
        case invalid
        case report(ShellReport)
    }

    /// A report with all variables is a few hundred bytes; one variable may have many.
    private static let limit = 8 << 20

    static func reading(_ bytes: [UInt8], nonce: String) -> Reading {
        let head = Array("\(nonce) ".utf8)
        guard bytes.prefix(head.count).elementsEqual(head.prefix(bytes.count)) else { return .invalid }
        let tail = Array("\n\(nonce)\n".utf8)
        guard bytes.count > head.count + tail.count, bytes.suffix(tail.count).elementsEqual(tail) else {
            return bytes.count > self.limit ? .invalid : .incomplete
        }
        let body = bytes[head.count..<bytes.count - tail.count + 1]
        guard let space = body.firstIndex(of: UInt8(ascii: " ")),
            let status = Int(String(decoding: body[..<space], as: UTF8.self))
        else { return .invalid }
        // A directory's name may contain line feeds; what follows it is the first exported variable.
        let rest = body[body.index(after: space)...]
        let start = ExportList.start(in: rest)
        let directory = String(decoding: rest[..<start].dropLast(), as: UTF8.self)
        return .report(
            ShellReport(status: status, directory: directory, variables: ExportList.variables(rest[start...])))
    }
}
