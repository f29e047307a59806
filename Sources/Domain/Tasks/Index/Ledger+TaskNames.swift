internal import Chat
internal import Crypto
internal import Database
internal import Primitives
internal import Store
internal import Threads

/// Whom tasks name in their texts and notes. An owner is named by a mark, which is no part of the text.
extension Ledger {
    /// The most texts of one change of a list that are looked at, so that a large push does not become a flood.
    static let namedLimit = 50

    /// Keeps what is new in a task and may name people. Returns how many texts.
    ///
    /// - Parameters:
    ///   - old: The task's row so far; nil for a new one.
    ///   - author: Nil where only Git knows.
    func noteNames(in task: TaskRecord, since old: Row?, by author: Sender?, at now: Int64) throws -> Int {
        let sign = UInt8(ascii: "@")
        guard task.text.utf8.contains(sign) || task.notes.contains(where: { $0.text.utf8.contains(sign) }) else {
            return 0
        }
        let before = try old.map { try TaskRecord($0, at: task.commit) }
        let past = before?.notes ?? []
        let known = Set(past.map(\.text))
        var texts: [(text: String, before: String?)] = []
        if before?.text.hasBytes(of: task.text) != true { texts.append((task.text, before?.text)) }
        for (index, note) in task.notes.enumerated() where !known.contains(note.text) {
            // Of as many notes as before, one was edited.
            texts.append((note.text, past.count == task.notes.count ? past[index].text : nil))
        }
        let named = texts.map { text, before in
            NamedText(
                .task, of: task.repository, about: task.id,
                key: "\(task.repository) \(task.id) \(Crypto.hex(Array(Crypto.sha256(text).prefix(16))))",
                text, before: before, by: author, at: now)
        }.filter { !$0.names.isEmpty }
        for text in named.prefix(Self.namedLimit) { try self.note(text) }
        return named.count
    }
}
