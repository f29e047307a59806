package import Markdown

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
    /// Writes the margins of one line.
    package mutating func write(to bytes: inout [UInt8]) {
        for index in self.indices {
            bytes += self[index].isUsed ? self[index].rest : self[index].first
            self[index].isUsed = true
        }
    }
}
