package import Chat
internal import Primitives

/// Something that somebody wrote, in which `@NAME` may name people.
package struct NamedText: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// On a document.
        case comment
        /// A task's title, or a note.
        case task
        /// Of the page.
        case message
    }

    package let kind: Kind
    /// The thread in which it was written; nil for a task.
    package let session: String?
    /// Empty for a message.
    package let repository: String
    /// A document's path, a task's address or a message's id.
    package let subject: String
    /// What this text is: nobody learns twice of one.
    package let source: String
    /// An identity; empty where only Git knows it.
    package let author: String
    package let authorName: String
    /// The text around the first sign, on one line.
    package let excerpt: String
    /// What follows the signs.
    package let names: [String]
    /// The same of an earlier version: whom that named knows of it.
    package let known: [String]
    /// Milliseconds since 1970.
    package let at: Int64

    /// - Parameters:
    ///   - key: what it is among those of its kind.
    ///   - before: an earlier version of the text.
    package init(
        _ kind: Kind, in session: String? = nil, of repository: String = "", about subject: String, key: String,
        _ text: String, before: String? = nil, by author: Sender?, at now: Int64
    ) {
        let found = NameSigns(in: text)
        self.init(
            kind: kind, session: session, repository: repository, subject: subject, source: "\(kind.rawValue) \(key)",
            author: author?.id ?? "", authorName: author?.displayName.beginning(bytes: 400) ?? "",
            excerpt: found.excerpt, names: found.names,
            known: found.names.isEmpty ? [] : before.map { NameSigns(in: $0).names } ?? [], at: now)
    }

    init(
        kind: Kind, session: String?, repository: String, subject: String, source: String, author: String,
        authorName: String, excerpt: String, names: [String], known: [String], at: Int64
    ) {
        self.kind = kind
        self.session = session
        self.repository = repository
        self.subject = subject
        self.source = source
        self.author = author
        self.authorName = authorName
        self.excerpt = excerpt
        self.names = names
        self.known = known
        self.at = at
    }
}

/// Where a text may name people, without knowing anybody.
///
/// A sign in code, in an address such as `ada@example.org`, and in a link's path names nobody.
struct NameSigns {
    /// What follows each sign on its line, cut.
    private(set) var names: [String] = []
    /// The text around the first one.
    private(set) var excerpt = ""

    /// The most signs of a text that are looked at.
    static let limit = 50
    /// Bytes after a sign: more than the longest name has.
    static let reach = 120
    private static let (excerptBefore, excerptLimit) = (120, 300)
    private static let sign = UInt8(ascii: "@")
    /// With letters and digits: what stands before a sign within something else.
    private static let joining = Set("._-+@/\\`=&%".utf8)

    init(in text: String) {
        // Most texts have none.
        guard text.utf8.contains(Self.sign) else { return }
        let bytes = Array(text.utf8)
        var fence: UInt8?
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let mark = Self.fence(line), fence == nil || fence == mark {
                fence = fence == nil ? mark : nil
                continue
            }
            guard fence == nil else { continue }
            for index in line.indices where line[index] == Self.sign && Self.mayBegin(at: index, in: line) {
                let rest = line[(index + 1)...].prefix(Self.reach).prefix { $0 >= 0x20 }
                guard let first = rest.first, first != UInt8(ascii: " ") else { continue }
                if self.names.isEmpty { self.excerpt = Self.excerpt(around: index, of: line) }
                self.names.append(String(decoding: rest, as: UTF8.self))
                if self.names.count == Self.limit { return }
            }
        }
    }

    /// The letter of a line that begins or ends a block of code.
    private static func fence(_ line: ArraySlice<UInt8>) -> UInt8? {
        let content = line.drop { $0 == UInt8(ascii: " ") }
        guard let mark = content.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~"),
            content.prefix(3).count == 3, content.prefix(3).allSatisfy({ $0 == mark })
        else { return nil }
        // Code between three signs on one line.
        return content.drop { $0 == mark }.contains(UInt8(ascii: "`")) ? nil : mark
    }

    private static func mayBegin(at index: Int, in line: ArraySlice<UInt8>) -> Bool {
        guard index > line.startIndex else { return true }
        let before = line[index - 1]
        // Not every script has spaces between words.
        guard before < 0x80 else { return true }
        let letter = before | 0x20
        let isWord =
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= letter || UInt8(ascii: "0")...UInt8(ascii: "9") ~= before
        return !isWord && !Self.joining.contains(before)
    }

    private static func excerpt(around sign: Int, of line: ArraySlice<UInt8>) -> String {
        var start = max(line.startIndex, sign - Self.excerptBefore)
        while start > line.startIndex, start < sign, line[start] & 0xC0 == 0x80 { start += 1 }
        let text = String(decoding: line[start...].prefix(2 * Self.excerptLimit), as: UTF8.self)
        let cut = text.beginning(bytes: Self.excerptLimit)
        let isWhole = line.endIndex - start <= cut.utf8.count
        return (start > line.startIndex ? "…" : "") + VisibleText.strictLine(cut.trimmed) + (isWhole ? "" : "…")
    }
}
