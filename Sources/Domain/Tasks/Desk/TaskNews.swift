internal import Chat
internal import JSON
internal import Sessions

/// What people hear of a change of a list, in direct messages.
struct TaskNews: Sendable {
    let repository: String
    /// To the list.
    let link: String
    let commit: String
    /// Who made the change, and what they are called in lists; nil where only Git knows.
    let author: Sender?
    let handle: String?

    /// The most people that one change tells, so that a large push does not become a flood.
    private static let limit = 50

    /// One message for everybody who got tasks from somebody else. Whoever has several networks hears it where they wrote last,
    /// and only who has none on the web.
    func assigned(
        _ rows: [TaskRow], in ledger: Ledger, _ adapters: AdapterRegistry, at now: Int64
    ) throws -> [ThreadNews] {
        let owners = Dictionary(grouping: rows) { $0.owner?.lowercased() ?? "" }
        guard !owners.isEmpty else { return [] }
        let readers = try ledger.taskReaders(at: now).filter { adapters[$0.adapter] != nil }
        return try owners.sorted { $0.key < $1.key }.filter { $0.key != self.handle?.lowercased() }.prefix(Self.limit)
            .compactMap { owner, rows -> ThreadNews? in
                // Somebody who has never used a list is called what their name says.
                let called = readers.filter { ($0.handle?.lowercased() ?? $0.sender.taskHandle) == owner }
                guard let reader = called.min(by: { $0.rank < $1.rank }), reader.sender.id != self.author?.id else {
                    return nil
                }
                var news = ThreadNews(
                    session: try ledger.directThread(of: reader, at: now),
                    key: "tasks \(self.repository) \(self.commit)",
                    markdown: self.text(rows))
                news.isApart = true
                return news
            }
    }

    private func text(_ rows: [TaskRow]) -> String {
        let by = self.author.map { " by \(TaskText.escaped($0.displayName))" } ?? ""
        let lines = rows.prefix(10).map { row in
            let title = (try? JSON.parse(row.body))?["text"]?.stringValue ?? ""
            return "- `\(TaskText.plain(row.id))` \(TaskText.escaped(title))" + (row.due.map { " · due \($0)" } ?? "")
        }
        let more = rows.count > lines.count ? ["- and \(rows.count - lines.count) more"] : []
        return (["Assigned to you\(by) in [`\(self.repository)`](\(self.link)):", ""] + lines + more)
            .joined(separator: "\n")
    }
}
