internal import Primitives
internal import Store
internal import Threads

/// The lines of conversations that a search has found.
struct FoundLines {
    let words: [String]
    /// Bytes of text that may still be looked through for one list.
    private var left = 2 << 20

    init(words: [String]) {
        self.words = words
    }

    /// Of a thread's newest ones: more would make a search slow that finds many threads.
    private static let messageLimit = 200
    /// In characters, before and after the first word.
    private static let reach = 80
    /// In bytes, of what is shown: one character may be as long as a message.
    private static let shownLimit = 1_024

    /// The newest line with all words, and the number of its message; nil without words, and where nothing has them.
    mutating func line(of session: String, in ledger: Ledger) throws -> (text: String, message: Int64)? {
        guard !self.words.isEmpty, self.left > 0 else { return nil }
        if let line = try self.line(of: session, in: .current, ledger) { return line }
        guard try !ledger.branches(of: session).isEmpty else { return nil }
        return try self.line(of: session, in: .all, ledger).map { ("In another branch: \($0.text)", $0.message) }
    }

    private mutating func line(
        of session: String, in branch: ShownBranch, _ ledger: Ledger
    ) throws -> (text: String, message: Int64)? {
        let messages = try ledger.messages(of: session, before: .max, limit: Self.messageLimit, in: branch).items
        for message in messages.reversed() where MessageRecord.Role.found.contains(message.role) {
            self.left -= message.text.utf8.count
            if let line = Self.text(with: self.words, in: message.text) { return (line, message.id) }
        }
        return nil
    }

    static func text(with words: [String], in text: String) -> String? {
        let words = words.map { WordSearch($0.lowercased()) }
        for line in text.split(separator: "\n") {
            let lower = line.lowercased()
            if let first = Self.firstPlace(of: words, in: Array(lower.utf8)) {
                return Self.cut(line, around: lower[..<lower.utf8.index(lower.startIndex, offsetBy: first)].count)
            }
        }
        return nil
    }

    /// Where the first word begins in a line that has all of them.
    private static func firstPlace(of words: [WordSearch], in line: [UInt8]) -> Int? {
        var first: Int?
        for word in words {
            guard let place = word.firstPlace(in: line) else { return nil }
            first = min(first ?? place, place)
        }
        return first
    }

    private static func cut(_ line: Substring, around place: Int) -> String {
        let start = max(0, place - Self.reach)
        let rest = line.dropFirst(start)
        let part = String(rest.prefix(2 * Self.reach)).beginning(bytes: Self.shownLimit)
        let isCut = part.utf8.count < rest.utf8.count
        return "\(start > 0 ? "…" : "")\(VisibleText.line(part))\(isCut ? "…" : "")"
    }
}

extension MessageRecord.Role {
    /// What a search finds: not commands and the replies to them.
    fileprivate static let found: Set<Self> = [.user, .assistant, .commit]
}
