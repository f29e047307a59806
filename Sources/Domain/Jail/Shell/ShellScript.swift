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

/// Reads what the persistent shell reports in ``ShellScript``: for each command a part with its status and directory,
/// and then one with the exported variables. Each part ends with a line that is the command's nonce.
struct ShellReports {
    struct Report: Equatable {
        let status: Int
        let directory: String
    }

    private enum Part {
        /// No report is expected.
        case none
        case report
        case variables
    }

    /// A part with all variables is a few hundred bytes; one variable may have many.
    private static let limit = 8 << 20
    private static let lineFeed = UInt8(ascii: "\n")

    /// The report about the command that ``expect(_:)`` announced; nil until it has come.
    private(set) var report: Report?
    /// Something other than the shell's script wrote to the socket.
    private(set) var isInvalid = false

    private var part = Part.none
    /// The line that ends the part, with the line feed before it.
    private var end: [UInt8] = []
    /// The next command's, while the variables of the one before are still to come.
    private var next: [UInt8]?
    /// Begins with the line feed at the end of the part before.
    private var bytes = [ShellReports.lineFeed]
    /// The end of the part does not begin before this index.
    private var searched = 0
    private var list: [UInt8]?

    /// Whether the variables of the last command that has ended are still to come.
    var isListing: Bool { self.part == .variables }

    /// The exported variables, each `NAME=VALUE`, after the last command of which they have come.
    var variables: [String]? { self.list.map { ExportList.variables($0[...]) } }

    /// Starts the report of the command with this nonce.
    mutating func expect(_ nonce: String) {
        self.report = nil
        self.next = Array("\n\(nonce)\n".utf8)
        self.beginNext()
    }

    mutating func add(_ bytes: [UInt8]) {
        guard !self.isInvalid else { return }
        self.bytes += bytes
        while !self.isInvalid, self.takePart() {}
    }

    private mutating func beginNext() {
        guard self.part == .none else { return }
        if let next = self.next.take() {
            self.end = next
            self.part = .report
            self.searched = 1
        } else {
            self.searched = 0
        }
    }

    /// Takes the first part from `bytes`; false while it is incomplete.
    private mutating func takePart() -> Bool {
        if self.isWrong() || self.bytes.count > Self.limit { self.isInvalid = true }
        guard !self.isInvalid, let index = self.endIndex() else { return false }
        let part = self.bytes[..<index]
        switch self.part {
        case .none: return false
        case .report:
            self.report = Self.report(part.dropFirst(self.end.count))
            self.isInvalid = self.report == nil
            self.part = .variables
            self.searched = 0
        case .variables:
            self.list = Array(part.dropFirst())
            self.part = .none
        }
        self.bytes.removeFirst(index + self.end.count - 1)
        self.beginNext()
        return true
    }

    /// Whether the part cannot have been written by the driver.
    private func isWrong() -> Bool {
        switch self.part {
        case .none: return self.bytes.count > 1
        case .report:
            // The nonce and a space.
            let head = self.end.dropLast() + [UInt8(ascii: " ")]
            return !self.bytes.prefix(head.count).elementsEqual(head.prefix(self.bytes.count))
        case .variables: return false
        }
    }

    private mutating func endIndex() -> Int? {
        while self.searched + self.end.count <= self.bytes.count {
            let index = self.searched
            if self.bytes[index] == Self.lineFeed,
                self.bytes[index..<index + self.end.count].elementsEqual(self.end)
            {
                return index
            }
            self.searched += 1
        }
        return nil
    }

    /// The status, a space and the directory, whose name may contain line feeds.
    private static func report(_ body: ArraySlice<UInt8>) -> Report? {
        guard let space = body.firstIndex(of: UInt8(ascii: " ")),
            let status = Int(String(decoding: body[..<space], as: UTF8.self))
        else { return nil }
        return Report(status: status, directory: String(decoding: body[(space + 1)...], as: UTF8.self))
    }
}
