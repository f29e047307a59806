internal import Kit
internal import Markdown
internal import Primitives

/// Code text: nothing in it is markup, except tokens, which Slack recognises everywhere. ``SlackBlocks`` shows them whole.
enum SlackCodeText {
    /// How long the fence around lines of code has to be.
    static func fence(around lines: some Sequence<ArraySlice<UInt8>>) -> [UInt8] {
        let run = min(lines.reduce(2) { max($0, self.longestRun(in: $1)) }, self.runLimit)
        return [UInt8](repeating: UInt8(ascii: "`"), count: run + 1)
    }

    /// A longer run of backticks is broken: the fence is longer than any run in the code, and each message repeats it.
    private static let runLimit = 64

    static func append(_ text: Span<UInt8>, to output: inout [UInt8], keepsLines: Bool) {
        var run = 0
        for index in 0..<text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "!"):
                if output.last == UInt8(ascii: "<"), self.beginsToken(text, at: index, isLine: keepsLines) {
                    output += SlackToken.gap
                }
                output.append(byte)
            case UInt8(ascii: "`"):
                if run == Self.runLimit {
                    output += SlackToken.gap
                    run = 0
                }
                output.append(byte)
            case 0x0A: output.append(keepsLines ? 0x0A : 0x20)
            case 0x09: if keepsLines { output.append(0x09) } else { output.append(0x20) }
            case 0x00..<0x20, 0x7F: continue
            default: output.append(byte)
            }
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
        }
    }

    private static func beginsToken(_ text: Span<UInt8>, at index: Int, isLine: Bool) -> Bool {
        var rest: [UInt8] = []
        rest.append(contentsOf: text.extracting(index..<min(text.count, index + SlackToken.lookahead)))
        // A token that begins at the end of a piece may go on in the next, but not in the next line.
        if isLine { rest.append(0x0A) }
        return SlackToken.begins(rest)
    }

    /// The longest run of backticks; the fence has to be longer.
    static func longestRun(in bytes: some Sequence<UInt8>) -> Int {
        var longest = 0
        var run = 0
        for byte in bytes {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    /// The language: the first word of the info string; empty if it contains unsafe characters.
    static func info(_ detail: Span<UInt8>) -> [UInt8] {
        let word = fenceLanguage(detail, limit: 40)
        return word.count == min(detail.count, 40) || detail[word.count] <= 0x20 ? word : []
    }
}
