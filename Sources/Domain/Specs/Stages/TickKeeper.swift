internal import Markdown
internal import SpecDocuments

/// Keeps the boxes that people ticked when a list is written again: an entry with the same id and text stays ticked, and
/// so does one that only got another id.
struct TickKeeper: Sendable {
    private let ticked: Set<String>
    private let texts: Set<String>
    private let clears: Bool

    /// - Parameters:
    ///   - document: The list before; nil for none.
    ///   - clears: Whether other boxes become empty: a model does not know what is done.
    init(_ document: [UInt8]?, clears: Bool = true) {
        var ticked: Set<String> = []
        var texts: [String: Int] = [:]
        var done: Set<String> = []
        let markdown = MarkdownDocument(document ?? [])
        for line in markdown.lines.indices where markdown.lines[line].kind == .text {
            guard let item = ListItem(markdown.raw(line)), let box = item.box else { continue }
            let (whole, text) = Self.keys(item)
            texts[text, default: 0] += 1
            guard box.isTicked else { continue }
            ticked.insert(whole)
            done.insert(text)
        }
        self.ticked = ticked
        self.texts = done.filter { texts[$0] == 1 && !$0.isEmpty }
        self.clears = clears
    }

    /// The line with its box as it has to be.
    func line(_ line: String) -> String {
        let bytes = Array(line.utf8)
        guard let item = ListItem(bytes[...]), let box = item.box else { return line }
        let (whole, text) = Self.keys(item)
        let isDone = self.ticked.contains(whole) || self.texts.contains(text)
        guard isDone != box.isTicked, isDone || self.clears else { return line }
        return String(
            decoding: bytes[..<box.inner.lowerBound] + (isDone ? "x" : " ").utf8
                + bytes[box.inner.upperBound...], as: UTF8.self)
    }

    /// The whole entry, and its text without its id.
    private static func keys(_ item: ListItem) -> (whole: String, text: String) {
        let words = item.content.text.split(whereSeparator: \.isWhitespace)
        let isID = words.first.map { word in
            let bare = word.drop { $0 == "*" }
            return (bare.hasPrefix("T") || bare.hasPrefix("CHK")) && bare.contains(where: \.isNumber)
        }
        let rest = isID == true ? words.dropFirst() : words[...]
        return (words.joined(separator: " "), rest.joined(separator: " "))
    }
}
