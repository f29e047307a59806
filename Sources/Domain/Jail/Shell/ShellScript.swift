/// What the host writes to the persistent shell for one command.
///
/// The shell (dash) reads its script from a socket, which is also its descriptor 9. Descriptors 7 and 8 are the output
/// pipes, 6 is /dev/null. Nothing that a command starts has any of these but its three streams, and no process can open
/// another's descriptors, because the shell's program is unreadable. The number in each report is random, so that text
/// that runs later in the shell itself (a trap) cannot report in advance.
///
/// The status and directory are one write, which ends the command; the exported variables follow while the reader of
/// the command is already being woken. See ``ShellReports``.
enum ShellScript {
    /// The script for `text`. Backslashes keep aliases out. `unset`, `eval` and `export` cannot become functions in
    /// dash, and `command` keeps a syntax error from ending the shell.
    static func script(for text: String, nonce: String) -> [UInt8] {
        var script: [UInt8] = []
        script.reserveCapacity(text.utf8.count + 256)
        script += "\\unset -f command\n\\command eval '".utf8
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { script += "'\\''".utf8 } else { script.append(byte) }
        }
        script += "' <&6 >&7 2>&8 6>&- 7>&- 8>&- 9>&-\n__jb=$?; \\unset -f printf; { \\printf '%s %d %s\\n%s\\n' ".utf8
        script += "\(nonce) \"$__jb\" \"${PWD-}\" \(nonce); \\export -p; \\printf '%s\\n' \(nonce); } >&9\n".utf8
        return script
    }

    /// 128 random bits in 32 digits.
    static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: 32) { digits in
            for half in 0..<2 {
                var bits: UInt64 = generator.next()
                for index in 0..<16 {
                    let digit = UInt8(bits & 15)
                    digits[half * 16 + index] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                    bits >>= 4
                }
            }
            return 32
        }
    }
}
