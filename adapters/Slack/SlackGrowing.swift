/// A message that grows: by Slack's own streaming as long as that goes, by edits otherwise. Pure.
///
/// A stream takes only additions, while a rendered text may change in its last block as more of it comes. So what is
/// streamed ends before that block, or within it behind words that will stay; the last edit brings the whole.
struct SlackGrowing: Sendable, Equatable {
    enum Form: Sendable, Equatable {
        /// A live stream, begun then (monotonic milliseconds).
        case stream(since: Int64)
        /// Was a stream; takes edits now.
        case endedStream
        case edits
    }

    /// Slack ends streams after about five minutes, without a word: at four they become edits.
    static let streamTime: Int64 = 240_000
    /// What one call of a stream may add, in UTF-16 units.
    static let pieceLimit = 11_400

    var form: Form
    /// What the stream shows.
    var sent: String = ""
    /// The stream shows what the text does not say any more, or nobody knows what it shows: nothing more is added.
    var isDerailed = false
    /// The last preview, where it said something else than the stream shows.
    private var doubt: String?
    /// Last touched, for the bound of how many are kept (monotonic milliseconds).
    var touched: Int64

    init(form: Form, touched: Int64) {
        self.form = form
        self.touched = touched
    }

    var isLive: Bool { if case .stream = self.form { true } else { false } }

    func isDue(at now: Int64) -> Bool {
        if case .stream(let since) = self.form { now - since >= Self.streamTime } else { false }
    }

    /// What to add so that the stream shows as much of `preview` as will surely stay; nil when nothing is.
    mutating func addition(for preview: String) -> String? {
        guard !self.isDerailed else { return nil }
        let stable = Self.stable(preview)
        guard stable.utf8.starts(with: self.sent.utf8) else {
            // Less than before is only patience; something else is a change of mind, unless the next preview takes it
            // back: words before a line with one dash are a heading until there is an item behind the dash.
            if !self.sent.utf8.starts(with: stable.utf8) {
                self.isDerailed = self.doubt.map { $0 != preview } ?? false
                self.doubt = preview
            }
            return nil
        }
        self.doubt = nil
        let rest = String(stable.utf8.dropFirst(self.sent.utf8.count)) ?? ""
        guard !rest.isEmpty, rest.utf16.count <= Self.pieceLimit else { return nil }
        return rest
    }

    /// What is still to be added when `text` is whole; nil when additions cannot make it whole.
    func remainder(of text: String) -> String? {
        guard !self.isDerailed, text.utf8.starts(with: self.sent.utf8) else { return nil }
        let rest = String(text.utf8.dropFirst(self.sent.utf8.count)) ?? ""
        return rest.utf16.count <= Self.pieceLimit ? rest : nil
    }

    /// The beginning of a preview that more text will not change: it ends before the last block, in a list before the
    /// last line, in a fence before the last line of code; in a paragraph or an item behind its last settled word. The
    /// closing fence of a preview may be only the preview's.
    static func stable(_ preview: String) -> String {
        var end = preview.utf8.startIndex
        var blockStart = end
        var lineStart = end
        var fence: Substring?
        var isList = false
        // In a paragraph, or in an item, some of the last line's words stay as well.
        var hasWords = false
        var lines = 0
        // Where the table begins that is the present block, or was the one before.
        var table: String.Index?
        while lineStart < preview.endIndex {
            let lineEnd = preview.utf8[lineStart...].firstIndex(of: 0x0A) ?? preview.utf8.endIndex
            let line = preview[lineStart..<lineEnd]
            let next = lineEnd < preview.endIndex ? preview.utf8.index(after: lineEnd) : preview.endIndex
            let text = line.drop { $0 == " " || $0 == ">" }
            if let open = fence {
                if text.hasPrefix(open), text.dropFirst(open.count).allSatisfy({ $0 == "`" }) {
                    fence = nil
                    lines = 0
                    // As the last line it may be the preview's own: then the line before it is the last one.
                    if next == preview.endIndex { return String(preview[..<end]) }
                    blockStart = next
                    end = next
                    hasWords = false
                } else {
                    // All before this line stays; this one may be cut in its middle, and before the second line of code
                    // so may the fence's language.
                    lines += 1
                    if lines > 1 { end = lineStart }
                }
            } else if text.hasPrefix("```") {
                fence = text.prefix { $0 == "`" }
                isList = false
                hasWords = false
                lines = 0
                end = lineStart
            } else if line.allSatisfy({ $0 == " " || $0 == ">" }) {
                blockStart = next
                end = next
                isList = false
                hasWords = false
                lines = 0
            } else {
                if lines == 0 {
                    isList = Self.beginsItem(text)
                    hasWords = isList || !line.hasPrefix(">") && SlackSettledWords.isParagraph(text)
                    // A bar behind a table is the beginning of its next row.
                    if text != "\\|" { table = text.hasPrefix("|") ? lineStart : nil }
                }
                lines += 1
                end = isList ? lineStart : text == "\\|" ? table ?? blockStart : blockStart
            }
            lineStart = next
        }
        return String(preview[..<(hasWords ? SlackSettledWords.end(in: preview, from: end) : end)])
    }

    private static func beginsItem(_ line: Substring) -> Bool {
        if line.hasPrefix("- ") { return true }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        return !digits.isEmpty && line.dropFirst(digits.count).hasPrefix(". ")
    }
}
