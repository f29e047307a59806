/// Removes formatting codes from received text, or converts them to Markdown.
package enum IRCIncomingFormatting {
    /// The text with bold, italic, struck and monospaced runs as Markdown.
    ///
    /// Text that is formatted as a whole (by a client that always writes in bold) comes out plain: nothing in it is
    /// meant to stand out, and a command in it must be recognised.
    package static func markdown(_ bytes: ArraySlice<UInt8>) -> String {
        let runs = self.runs(bytes)
        guard runs.count > 1 else { return IRCText.decode(runs.first?.bytes ?? []) }
        var marked: [UInt8] = []
        for run in runs { self.append(run, to: &marked) }
        return IRCText.decode(marked)
    }

    /// The text without its first `count` bytes, not counting codes; formats that are open there are reopened.
    package static func dropping(_ count: Int, of bytes: ArraySlice<UInt8>) -> [UInt8] {
        var seen = 0
        var style: [UInt8] = []
        var rest: [UInt8] = []
        self.scan(
            bytes,
            text: { byte in
                if seen >= count { rest.append(byte) }
                seen += 1
            },
            code: { code in
                if seen > count { return rest.append(code) }
                if code == IRCCode.reset { return style.removeAll() }
                if let index = style.firstIndex(of: code) { style.remove(at: index) } else { style.append(code) }
            })
        return style + rest
    }

    /// The text without codes.
    package static func plainBytes(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard bytes.contains(where: self.isCode) else { return bytes }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        self.scan(bytes, text: { plain.append($0) }, code: { _ in })
        return plain[...]
    }

    private struct Run {
        var style: Set<UInt8>
        var bytes: [UInt8]
    }

    private static func runs(_ bytes: ArraySlice<UInt8>) -> [Run] {
        var runs: [Run] = []
        var style: Set<UInt8> = []
        self.scan(
            bytes,
            text: { byte in
                if runs.isEmpty || runs[runs.count - 1].style != style { runs.append(Run(style: style, bytes: [])) }
                runs[runs.count - 1].bytes.append(byte)
            },
            code: { code in
                switch code {
                case IRCCode.reset: style = []
                case IRCCode.bold, IRCCode.italic, IRCCode.strike, IRCCode.monospace:
                    style.formSymmetricDifference([code])
                default: break
                }
            })
        return runs
    }

    /// Puts the marks inside the run's outer spaces; outside, Markdown would not recognise them.
    private static func append(_ run: Run, to marked: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        guard !run.style.isEmpty, let first = run.bytes.firstIndex(where: { $0 != space }),
            let last = run.bytes.lastIndex(where: { $0 != space })
        else {
            marked += run.bytes
            return
        }
        let marks: [(UInt8, String)] =
            run.style.contains(IRCCode.monospace)
            ? [(IRCCode.monospace, "`")]
            : [(IRCCode.bold, "**"), (IRCCode.italic, "*"), (IRCCode.strike, "~~")]
        let used = marks.filter { run.style.contains($0.0) }.map { Array($0.1.utf8) }
        marked += run.bytes[..<first]
        for mark in used { marked += mark }
        marked += run.bytes[first...last]
        for mark in used.reversed() { marked += mark }
        marked += run.bytes[(last + 1)...]
    }

    private static func isCode(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// Calls `text` for each byte of text and `code` for each control character, but skips colours with their digits.
    private static func scan(_ bytes: ArraySlice<UInt8>, text: (UInt8) -> Void, code: (UInt8) -> Void) {
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            switch byte {
            case IRCCode.colour: self.skipColours(bytes, &position, digits: 1...2, isDigit: self.isDecimal)
            case IRCCode.hexColour: self.skipColours(bytes, &position, digits: 6...6, isDigit: self.isHexadecimal)
            case 0x09: text(byte)
            case _ where self.isCode(byte): code(byte)
            default: text(byte)
            }
        }
    }

    /// Skips `NN[,NN]` or `RRGGBB[,RRGGBB]`; a comma without a second colour is text.
    private static func skipColours(
        _ bytes: ArraySlice<UInt8>, _ position: inout Int, digits: ClosedRange<Int>, isDigit: (UInt8) -> Bool
    ) {
        let first = bytes[position...].prefix(digits.upperBound).prefix(while: isDigit)
        guard digits.contains(first.count) else { return }
        position = first.endIndex
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: ",") else { return }
        let second = bytes[(position + 1)...].prefix(digits.upperBound).prefix(while: isDigit)
        if digits.contains(second.count) { position = second.endIndex }
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        self.isDecimal(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
