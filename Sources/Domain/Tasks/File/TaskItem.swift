internal import Primitives

/// How far a task is.
package enum TaskState: String, Sendable, CaseIterable, Codable {
    case open, started, done, dropped

    /// What stands in its box.
    var box: UInt8 {
        switch self {
        case .open: UInt8(ascii: " ")
        case .started: UInt8(ascii: "~")
        case .done: UInt8(ascii: "x")
        case .dropped: UInt8(ascii: "-")
        }
    }

    /// Also knows what other programs write: Obsidian's half done, forwarded, important and questioned tasks. The last three
    /// are still to be done.
    init?(box: UInt8) {
        switch box {
        case UInt8(ascii: " "), UInt8(ascii: ">"), UInt8(ascii: "!"), UInt8(ascii: "?"): self = .open
        case UInt8(ascii: "~"), UInt8(ascii: "/"): self = .started
        case UInt8(ascii: "x"), UInt8(ascii: "X"): self = .done
        case UInt8(ascii: "-"): self = .dropped
        default: return nil
        }
    }
}

package struct TaskLink: Sendable, Hashable {
    package let text: String
    package let url: String
}

package struct TaskNote: Sendable, Hashable {
    package let who: String
    /// As it is written, normally `2026-12-01`.
    package let date: String
    package let text: String
}

/// A list item with a box, and where its parts are in the file.
package struct TaskItem: Sendable {
    /// A word at the beginning or the end of a task's line that says something about it.
    struct Mark: Sendable {
        enum Kind: Sendable { case owner, label, priority, due, link, inProgress }

        let kind: Kind
        var range: Range<Int> { Int(self.bounds[0])..<Int(self.bounds[1]) }
        /// What it says.
        var value: Range<Int> { Int(self.bounds[2])..<Int(self.bounds[3]) }
        /// A link's address.
        var url: Range<Int> { Int(self.bounds[4])..<Int(self.bounds[5]) }
        /// Small, because a file may have a million marks.
        private let bounds: [6 of UInt32]

        init(kind: Kind, range: Range<Int>, value: Range<Int>, url: Range<Int> = 0..<0) {
            self.kind = kind
            self.bounds = [
                UInt32(range.lowerBound), UInt32(range.upperBound), UInt32(value.lowerBound), UInt32(value.upperBound),
                UInt32(url.lowerBound), UInt32(url.upperBound),
            ]
        }
    }

    /// As it is written: `T12`, `T001`, `ABC-12`, `#3` or `1.2`; nil without one.
    package internal(set) var id: String?
    /// Without its id and its marks.
    package var text: String { self.string(self.textRange) }
    package internal(set) var state: TaskState
    /// In bytes. A heading may be most of the file, and each of thousands of tasks is stored with it.
    static let sectionLimit = 240
    /// The first ``sectionLimit`` of the heading above it.
    package let section: String?
    /// From 1.
    package let line: Int
    /// A task may have hundreds of thousands, and each is indexed, searched and sent.
    static let noteLimit = 100
    /// The last ``noteLimit``.
    package internal(set) var notes: [TaskNote] = []
    /// What it is addressed by; see ``TaskFile``.
    package internal(set) var address = ""

    /// The file's; read only when they are asked for.
    let bytes: [UInt8]
    /// The byte in the box.
    let box: Int
    /// The bytes before the bullet, and the bullet.
    let indent: Range<Int>
    let bullet: Range<Int>
    /// Where the content of its line begins and ends, with the box, without a line end.
    let content: Range<Int>
    var textRange: Range<Int> = 0..<0
    /// After the spaces that follow the box.
    var afterBox = 0
    var marks: [Mark] = []
    /// After its own lines and its notes, where the next note belongs.
    var notesEnd = 0
    /// After everything that is indented below it.
    var end = 0
    /// Of its content, in columns.
    let column: Int
    /// The number of items that it is in.
    let depth: Int

    func string(_ range: Range<Int>) -> String {
        StreamSafeText.of(String(decoding: self.bytes[range], as: UTF8.self))
    }

    private func value(_ kind: Mark.Kind) -> String? {
        self.marks.first { $0.kind == kind }.map { self.string($0.value) }
    }

    package var owner: String? { self.value(.owner) }
    /// A line may have thousands, and each is indexed, searched and sent.
    static let labelLimit = 100
    /// The first ``labelLimit``.
    package var labels: [String] {
        var labels: [String] = []
        var seen: Set<String> = []
        for mark in self.marks where mark.kind == .label {
            let label = self.string(mark.value)
            if seen.insert(label).inserted { labels.append(label) }
            if labels.count == Self.labelLimit { break }
        }
        return labels
    }
    package var priority: String? { self.value(.priority) }
    /// `2026-12-01`
    package var due: String? { self.value(.due) }
    /// A line may have thousands, too.
    static let linkLimit = 100
    /// The first ``linkLimit``.
    package var links: [TaskLink] {
        self.marks.lazy.filter { $0.kind == .link }.prefix(Self.linkLimit).map {
            TaskLink(text: self.string($0.value), url: self.string($0.url))
        }
    }
}
