internal import Primitives

/// Reads one stream of terminal output as plain lines: escape sequences and control characters are removed, and a line
/// that is rewritten after a carriage return keeps only its last state. Pure.
struct TerminalLines: Sendable {
    private enum State: Equatable {
        case text
        case escape
        /// After `ESC` and an intermediate character: one more follows.
        case charset
        case control
        /// OSC, DCS, SOS, PM, APC: until BEL or ST; the count of characters so far.
        case string(Int)
        /// An `ESC` within a string: `\` ends it.
        case stringEscape(Int)
    }

    private var kept = String.UnicodeScalarView()
    private var state = State.text
    /// A carriage return came last: the next character replaces the line.
    private var isReturned = false
    /// Programs write titles and links in strings; an unterminated one must not hide all that follows.
    private static let stringLimit = 4_096

    /// The line that is not finished yet, without ``StreamSafeText``'s joiners: it is asked for at every piece of output.
    var partial: String { String(self.kept) }

    /// Adds text and returns the lines that it finishes.
    mutating func append(_ text: String) -> [String] {
        var lines: [String] = []
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                // A line break ends even a broken sequence.
                self.state = .text
                lines.append(self.take())
            } else {
                self.read(scalar)
            }
        }
        return lines
    }

    /// The unfinished line, which this removes; nil when it is empty.
    mutating func flush() -> String? {
        self.state = .text
        let line = self.take()
        return line.isEmpty ? nil : line
    }

    private mutating func take() -> String {
        // What was removed may have been between two runs of marks, so runs are broken again. Only now: a backspace must not
        // cost as much as the run that it shortens.
        let line = StreamSafeText.of(self.partial)
        self.kept = String.UnicodeScalarView()
        self.isReturned = false
        return line
    }

    private mutating func read(_ scalar: Unicode.Scalar) {
        switch self.state {
        case .text: self.readText(scalar)
        case .escape: self.readEscape(scalar)
        case .charset: self.state = .text
        // Parameters and intermediates, then one final character.
        case .control: if (0x40...0x7E).contains(scalar.value) { self.state = .text }
        case .string(let count):
            switch scalar.value {
            case 0x07, 0x9C: self.state = .text
            case 0x1B: self.state = .stringEscape(count)
            default: self.state = count < Self.stringLimit ? .string(count + 1) : .text
            }
        case .stringEscape(let count): self.state = scalar == "\\" ? .text : .string(count + 1)
        }
    }

    private mutating func readText(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x1B: self.state = .escape
        case 0x9B: self.state = .control
        case 0x90, 0x98, 0x9D, 0x9E, 0x9F: self.state = .string(0)
        case 0x0D: self.isReturned = true
        case 0x08: if !self.isReturned, !self.kept.isEmpty { self.kept.removeLast() }
        case 0x09: self.put(scalar)
        case 0x00..<0x20, 0x7F..<0xA0: break
        default: if !Self.isHidden(scalar) { self.put(scalar) }
        }
    }

    private mutating func readEscape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "[": self.state = .control
        case "]", "P", "X", "^", "_": self.state = .string(0)
        case " ", "#", "%", "(", ")", "*", "+", "-", ".", "/": self.state = .charset
        case "\u{1B}": self.state = .escape
        default: self.state = .text
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        if self.isReturned {
            self.kept = String.UnicodeScalarView()
            self.isReturned = false
        }
        self.kept.append(scalar)
    }

    /// Characters that reorder text or break lines where the command did not.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200E, 0x200F, 0x061C, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
