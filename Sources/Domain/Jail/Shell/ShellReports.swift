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
