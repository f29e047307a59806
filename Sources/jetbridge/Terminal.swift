internal import Glibc
internal import Primitives
internal import Terminals

/// An output stream of the program. Swift's `stdout` is buffered and cannot be used from concurrent code.
struct Terminal: Sendable {
    let isTerminal: Bool
    let hasColour: Bool
    private let descriptor: Int32?
    private let sink: @Sendable ([UInt8]) throws(CommandFailure) -> Void

    /// Sends bytes to a closure, for tests.
    init(isTerminal: Bool = false, sink: @escaping @Sendable ([UInt8]) -> Void) {
        self.isTerminal = isTerminal
        self.hasColour = isTerminal
        self.descriptor = nil
        self.sink = { (bytes) throws(CommandFailure) in sink(bytes) }
    }

    /// Follows https://no-color.org and `TERM=dumb`.
    init(descriptor: Int32, environment: [String: String]) {
        self.isTerminal = isatty(descriptor) == 1
        self.descriptor = descriptor
        self.hasColour =
            self.isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        self.sink = { (bytes) throws(CommandFailure) in try Self.write(bytes, to: descriptor) }
    }

    /// The present width; nil if it is not a terminal or does not know.
    var columns: Int? { self.descriptor.flatMap { TerminalSize.columns(of: $0) } }

    /// Text from elsewhere, as it can be shown: see ``VisibleText``. A pipe or file gets it unchanged.
    func shown(_ text: String) -> String { self.isTerminal ? VisibleText.of(text, lineBreaks: .normalized) : text }

    /// A line from elsewhere, with code between backticks: with colours, the code has one instead of the backticks.
    func note(_ text: String, in style: (String) -> String = { $0 }) -> String {
        let parts = self.shown(text).split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        guard self.hasColour, parts.count % 2 == 1 else { return style(self.shown(text)) }
        return parts.enumerated().map { index, part in
            part.isEmpty ? "" : index % 2 == 1 ? self.cyan(part) : style(part)
        }.joined()
    }

    func write(_ text: String) throws(CommandFailure) {
        try self.sink(Array(text.utf8))
    }

    func writeLine(_ line: String) throws(CommandFailure) {
        try self.write(line + "\n")
    }

    // MARK: Colours

    func bold(_ text: String) -> String { self.styled(text, "1") }
    func red(_ text: String) -> String { self.styled(text, "31") }
    func green(_ text: String) -> String { self.styled(text, "32") }
    func yellow(_ text: String) -> String { self.styled(text, "33") }
    func cyan(_ text: String) -> String { self.styled(text, "36") }
    func faint(_ text: String) -> String { self.styled(text, "2") }

    private func styled(_ text: String, _ code: String) -> String {
        self.hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if errno == EPIPE {
                // The reader has what it wanted, as in `sessions list | head`: end as quietly as other programs.
                throw CommandFailure(nil, status: .unread)
            } else if errno != EINTR {
                throw CommandFailure("the output cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}
