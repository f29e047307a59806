internal import Git

/// A text to commit.
package struct Document: Sendable, Hashable {
    /// In bytes.
    package static let sizeLimit = 100 * 1024

    package static let endings = [".md", ".markdown"]

    /// Whether a path is that of a document beside conversations: of Markdown below `docs/` or `specs/`.
    package static func isShown(_ path: String) -> Bool {
        // By bytes, as Git splits it: a path may be one long run of marks, which takes long to compare as text.
        ["docs/", "specs/"].contains { path.utf8.starts(with: $0.utf8) }
            && Self.endings.contains { path.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    /// A clause about a text over ``sizeLimit``. In exact bytes, because in KB a text that is slightly too large has the
    /// size that is allowed.
    package static func excess(of text: String) -> String { Self.excess(text.utf8.count) }

    private static func excess(_ bytes: Int) -> String {
        "has \(bytes) bytes, and the limit is \(Self.sizeLimit) (100 KB)"
    }

    package let path: String
    package let bytes: [UInt8]

    /// Throws when the text is over ``sizeLimit`` or a part of the path has characters other than lower-case letters,
    /// digits, dots, dashes and underscores.
    package init(path: String, text: String) throws(RepositoryError) {
        try self.init(path: path, bytes: Array(text.utf8))
    }

    /// Keeps bytes that are not valid text as they are.
    package init(path: String, bytes: [UInt8]) throws(RepositoryError) {
        try self.init(named: path, bytes: bytes)
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard isPlain else {
            throw RepositoryError(
                .invalidDocument,
                "the document name \(path) may only contain a–z, 0–9, dots, dashes and underscores: rename it")
        }
    }

    /// Of a name that people have chosen, such as `docs/README.md`: any that all systems can handle.
    package init(named path: String, bytes: [UInt8]) throws(RepositoryError) {
        guard bytes.count <= Self.sizeLimit else {
            throw RepositoryError(
                .invalidDocument, "\(path) \(Self.excess(bytes.count)): split it into smaller parts")
        }
        do throws(GitError) { try GitName.checkPath(path) } catch {
            throw RepositoryError(.invalidDocument, error.message)
        }
        guard path.utf8.count <= 240 else {
            throw RepositoryError(
                .invalidDocument, "the document name \(path.prefix(60))… is over 240 bytes: choose a shorter one")
        }
        self.path = path
        self.bytes = bytes
    }
}

/// What the beginning of a Markdown document says about it: the title and how far it is.
package struct DocumentState: Sendable, Hashable {
    /// The first heading, without markup; nil without one.
    package var title: String?
    /// The value of a line such as `**Status**: Draft`.
    package var status: String?
    /// Ticked and all boxes of task lists.
    package var ticked = 0
    package var boxes = 0
    /// Markers `[NEEDS CLARIFICATION: …]`.
    package var openQuestions = 0

    /// In bytes; what follows is not read.
    package static let readLimit = 64 * 1024
    /// In characters.
    private static let textLimit = 120

    /// Reads bytes: a page has hundreds of documents, and characters take a hundred times as long.
    package init(_ text: String) {
        var fence: ArraySlice<UInt8>?
        for line in Array(text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let content = line.drop { $0 == 0x20 || $0 == 0x09 }
            if let open = fence {
                if content.starts(with: open) { fence = nil }
            } else if content.starts(with: "```".utf8) || content.starts(with: "~~~".utf8) {
                fence = content.prefix(3)
            } else {
                self.read(content)
            }
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        if self.title == nil, line.first == UInt8(ascii: "#") {
            let text = line.drop { $0 == UInt8(ascii: "#") }
            if text.first == 0x20 { self.title = Self.plain(text) }
            return
        }
        if self.status == nil, let value = Self.value(of: "status", in: line) { self.status = value }
        if let box = Self.box(in: line) {
            self.boxes += 1
            if box { self.ticked += 1 }
            return
        }
        self.openQuestions += line.indices.count { index in
            line[index] == UInt8(ascii: "[") && line[index...].starts(with: "[NEEDS CLARIFICATION".utf8)
        }
    }

    /// The text after `**Key**:`, `**Key:**` or `Key:`.
    private static func value(of key: String, in line: ArraySlice<UInt8>) -> String? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = line[..<colon].lazy.filter { $0 != UInt8(ascii: "*") }.map { $0 | 0x20 }
        return name.elementsEqual(key.utf8) ? Self.plain(line[(colon + 1)...]) : nil
    }

    /// Whether a task list's box is ticked; nil for another line.
    private static func box(in line: ArraySlice<UInt8>) -> Bool? {
        guard let bullet = line.first, "-*+".utf8.contains(bullet) else { return nil }
        let rest = line.dropFirst().drop { $0 == 0x20 }
        if rest.starts(with: "[ ]".utf8) { return false }
        return rest.starts(with: "[x]".utf8) || rest.starts(with: "[X]".utf8) ? true : nil
    }

    /// Without the usual marks of emphasis and code; nil if nothing is left.
    private static func plain(_ text: ArraySlice<UInt8>) -> String? {
        let marks: Set<Character> = ["*", "`", "#"]
        let words = String(decoding: text, as: UTF8.self).filter { !marks.contains($0) }.split(separator: " ")
            .joined(separator: " ")
        guard !words.isEmpty else { return nil }
        return words.count <= Self.textLimit ? words : words.prefix(Self.textLimit - 1) + "…"
    }
}
