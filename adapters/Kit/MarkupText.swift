package import Markdown
internal import Primitives

/// The length in bytes of the control character at `index` (C0, DEL, C1, Unicode's line or paragraph separator); 0 if
/// there is none.
package func controlLength(_ text: Span<UInt8>, at index: Int) -> Int {
    let byte = text[index]
    if byte < 0x20 || byte == 0x7F { return 1 }
    if byte == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return 2 }
    if byte == 0xE2, index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 { return 3 }
    return 0
}

/// Appends text in one line: without control characters, a tab as four spaces, other white space as one.
package func appendClean(_ text: Span<UInt8>, to output: inout [UInt8]) {
    var start = 0
    var index = 0
    while index < text.count {
        let byte = text[index]
        let length = byte >= 0x20 && byte < 0x7F ? 0 : controlLength(text, at: index)
        guard length > 0 else {
            index += 1
            continue
        }
        output.append(contentsOf: text.extracting(start..<index))
        if byte == 0x09 { output += [0x20, 0x20, 0x20, 0x20] }
        if byte == 0x0A || length == 3 { output.append(0x20) }
        index += length
        start = index
    }
    output.append(contentsOf: text.extracting(start..<text.count))
}

/// Whether the word around `index` began as an address such as `https://e.org/@name`, which must stay as it is.
package func isInAddress(_ text: Span<UInt8>, at index: Int) -> Bool {
    var start = index
    while start > 0, text[start - 1] > 0x20, !"\"<>".utf8.contains(text[start - 1]), index - start < 512 { start -= 1 }
    for place in start..<index where text[place] == UInt8(ascii: ":") {
        guard place > start, text[place - 1].isWordByte, place + 2 < text.count else { continue }
        if text[place + 1] == UInt8(ascii: "/"), text[place + 2] == UInt8(ascii: "/") { return true }
    }
    return false
}

/// The language in a fence's info string: its leading plain characters, at most `limit`.
package func fenceLanguage(_ info: Span<UInt8>, limit: Int) -> [UInt8] {
    var name: [UInt8] = []
    for index in 0..<min(info.count, limit) {
        switch info[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "#"), UInt8(ascii: "."):
            name.append(info[index])
        default: return name
        }
    }
    return name
}

extension [UInt8] {
    /// Appends a byte of text in HTML.
    @inlinable package mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"): self += Array("&amp;".utf8)
        case UInt8(ascii: "<"): self += Array("&lt;".utf8)
        case UInt8(ascii: ">"): self += Array("&gt;".utf8)
        default: self.append(byte)
        }
    }

    /// Appends text in HTML.
    package mutating func append(escaped text: Span<UInt8>) {
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") else { continue }
            self.append(contentsOf: text.extracting(start..<index))
            self.append(escaped: byte)
            start = index + 1
        }
        self.append(contentsOf: text.extracting(start..<text.count))
    }

    /// Appends a byte of a quoted attribute in HTML.
    @inlinable package mutating func append(quoted byte: UInt8) {
        if byte == UInt8(ascii: "\"") { self += Array("&quot;".utf8) } else { self.append(escaped: byte) }
    }
}

extension UInt8 {
    /// Whether chat clients treat the byte as part of a word: an ASCII letter or digit, an underscore, or non-ASCII.
    package var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

/// The prefix of each line of a list item or quotation: `first` on its first line, `rest` on all others.
package struct Margin: Sendable, Equatable {
    package let first: [UInt8]
    package let rest: [UInt8]
    package var isUsed = false

    package init(first: [UInt8], rest: [UInt8]) {
        self.first = first
        self.rest = rest
    }

    package static var quotation: Margin { Margin(first: Array("> ".utf8), rest: Array("> ".utf8)) }

    /// `1. ` or `- `, then `[x] ` or `[ ] ` for a task; later lines are indented to the width of the marker.
    package static func item(number: Int?, task: MarkdownTask? = nil) -> Margin {
        let marker = Array((number.map { "\($0). " } ?? "- ").utf8)
        let box =
            switch task {
            case .open: "[ ] "
            case .done: "[x] "
            case nil: ""
            }
        return Margin(first: marker + box.utf8, rest: [UInt8](repeating: 0x20, count: marker.count))
    }
}

extension [Margin] {
    /// Those that each line repeats. Deeper ones are on their first line only: otherwise a short text below very many
    /// levels would become a long one.
    package var repeated: ArraySlice<Margin> { self.prefix(16) }

    /// What a line inside all of them begins with.
    package var rest: [UInt8] { self.repeated.flatMap(\.rest) }

    /// Writes the margins of one line; without `repeats` only those that no line has had.
    package mutating func write(to bytes: inout [UInt8], repeats: Bool = true) {
        // The unused ones are the innermost.
        let used = (self.lastIndex { $0.isUsed } ?? -1) + 1
        if repeats { for margin in self.repeated.prefix(used) { bytes += margin.rest } }
        for index in used..<self.count {
            bytes += self[index].first
            self[index].isUsed = true
        }
    }
}
