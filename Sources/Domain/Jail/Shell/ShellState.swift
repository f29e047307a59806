internal import Primitives

/// The state of a session's shell between two commands.
///
/// Each command is a process of its own: bash, or dash where there is no bash. It reads ``script(for:after:directory:isBash:)``
/// from its descriptor 3, runs the text, and writes its state to its descriptor 4. Nothing that the text starts has
/// these two, and no process can open another's descriptors, because the shell's program is unreadable: only the text
/// itself can change the state. The status comes from the kernel.
struct ShellState: Equatable {
    /// Where the next command begins; nil if the directory is gone.
    let directory: String?
    /// Restores variables, functions and aliases.
    let script: [UInt8]
    /// Options of `set`.
    let options: [String]
    /// Options of `shopt`.
    let extraOptions: [String]
    /// The exported variables, each `NAME=VALUE`.
    let variables: [String]

    /// The most bytes that a state may have.
    static let limit = 4 << 20
    /// The most exported variables that a state may have.
    static let variableLimit = 10_000
    /// The most bytes of exported variables; those that do not fit are left out. They are read on the event loop.
    static let variableBytes = 256 << 10
    /// The longest directory in bytes (`PATH_MAX`); the next command could not begin in a longer one.
    static let directoryLimit = 4_096
    /// The most bytes of the status and the options; bash knows fewer than a hundred.
    private static let optionBytes = 4_096

    // MARK: To the shell

    /// What the shell is started with. It is one line, so that no alias changes its words.
    ///
    /// A function in bash can have any name, also that of a builtin. Assigning `POSIXLY_CORRECT` runs no function, and from
    /// then on `set` and `unset` are the builtins; they make sure of `builtin` itself. The value keeps the exit status.
    static func driver(isBash: Bool) -> String { isBash ? self.bashDriver : self.dashDriver }

    private static let bashDriver = #"""
        . /dev/fd/3 >/dev/null 2>&1; eval "$1" 3<&- 4>&-; { POSIXLY_CORRECT=$?/$BASHOPTS/$SHELLOPTS; \
        \set +eufxv -- "$POSIXLY_CORRECT"; \unset -f builtin eval || \exit "${1%%/*}"; builtin printf '\0\0\0%s\0' "$1"; builtin pwd; \
        \unset -v POSIXLY_CORRECT; builtin printf '\0'; builtin declare -p; builtin declare -f; builtin alias -p; \
        builtin umask -p; builtin printf '\0'; \#(Self.bashExports); builtin printf 'end\0'; \
        builtin exit "${1%%/*}"; } >&4 2>/dev/null
        """#.replacing("\\\n", with: "")

    /// Prints the exported variables in bash. It starts no process, which could fail.
    static let bashExports: String = {
        let starts = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
        let names = starts.map { "\"${!\($0)@}\"" }.joined(separator: " ")
        return
            "for n in \(names); do if [[ ${!n@a} == *x* ]]; then builtin printf '%s=%s\\0' \"$n\" \"${!n-}\"; fi; done"
    }()

    /// `set`, `unset`, `eval`, `export` and `exit` cannot become functions in dash, and `command` keeps a syntax error
    /// from ending the shell.
    private static let dashDriver = #"""
        . /dev/fd/3; \unset -f command; \command eval "$1" 3<&- 4>&-; { \set +eufxv -- "$?"; \
        \unset -f printf pwd umask; \printf '\000\000\000%s//\000' "$1"; \pwd; \printf '\000'; \set; \export -p; \
        \printf 'umask '; \umask; \printf '\000'; \export -p; \printf '\000end\000'; \exit "$1"; } >&4 2>/dev/null
        """#.replacing("\\\n", with: "")

    /// What a command's shell reads first: the state, and the text as its argument.
    static func script(for text: String, after state: ShellState?, directory: String, isBash: Bool) -> [UInt8] {
        let options = (state?.options ?? []).map { "-o \($0) " }.joined()
        var script = Array("set -- ".utf8)
        script += self.quoted("\(isBash ? "builtin " : "")set \(options)--;\(text)")
        script.append(UInt8(ascii: "\n"))
        if let state {
            if isBash, !state.extraOptions.isEmpty {
                // Before the functions, whose words they may change.
                script += "shopt -s \(state.extraOptions.joined(separator: " "))\n".utf8
            }
            script += state.script
            script += "\nPWD=".utf8
            script += self.quoted(directory)
        }
        // As in an interactive shell, where it is no longer a word of this script's that an alias could change.
        if isBash {
            script += "\nPOSIXLY_CORRECT=y; \\unset -f eval; \\unset -v POSIXLY_CORRECT; shopt -s expand_aliases\n".utf8
        }
        return script
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var quoted = [UInt8(ascii: "'")]
        quoted.reserveCapacity(text.utf8.count + 64)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { quoted += "'\\''".utf8 } else { quoted.append(byte) }
        }
        return quoted + [UInt8(ascii: "'")]
    }

    // MARK: From the shell

    /// Nil if the state is incomplete or too large. What the text itself has written before it is skipped.
    init?(_ written: [UInt8], isBash: Bool) {
        var start: Int?
        var zeros = 0
        for (index, byte) in written.enumerated() {
            zeros = byte == 0 ? zeros + 1 : 0
            if zeros > 2 { start = index }
        }
        guard let start else { return nil }
        let fields = written[(start + 1)...].split(
            separator: 0, maxSplits: Self.variableLimit + 5, omittingEmptySubsequences: false)
        guard fields.count >= 5, fields[fields.count - 2].elementsEqual("end".utf8), fields[fields.count - 1].isEmpty
        else { return nil }
        guard fields[0].count <= Self.optionBytes else { return nil }
        let options = fields[0].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard options.count == 3 else { return nil }
        let directory = fields[1].dropLast()
        self.directory =
            directory.first == UInt8(ascii: "/") && directory.count < Self.directoryLimit
            ? String(decoding: directory, as: UTF8.self) : nil
        self.script = Array(fields[2])
        self.options = Self.names(options[2], except: Self.usualOptions)
        self.extraOptions = Self.names(options[1], except: ["expand_aliases", "login_shell", "restricted_shell"])
        self.variables = Self.variables(fields[3..<fields.count - 2], isBash: isBash)
        guard self.variables.count <= Self.variableLimit else { return nil }
    }

    /// Of bash each `NAME=VALUE`, of dash the output of `export -p`.
    static func variables(_ fields: ArraySlice<ArraySlice<UInt8>>, isBash: Bool) -> [String] {
        guard isBash else { return fields.flatMap { ExportList.variables($0, limit: self.variableBytes) } }
        var left = self.variableBytes
        return fields.filter { field in
            guard field.count <= left else { return false }
            left -= field.count
            return true
        }.map { StreamSafeText.of(String(decoding: $0, as: UTF8.self)) }
    }

    private static let usualOptions: Set<String> = [
        "braceexpand", "hashall", "interactive-comments", "noexec", "onecmd", "privileged",
    ]

    private static func names(_ list: ArraySlice<UInt8>, except others: Set<String>) -> [String] {
        list.split(separator: UInt8(ascii: ":")).filter { name in
            name.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x5F || $0 == 0x2D }
        }.map { String(decoding: $0, as: UTF8.self) }.filter { !others.contains($0) }
    }
}
