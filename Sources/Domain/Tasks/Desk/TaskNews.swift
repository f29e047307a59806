internal import Chat
internal import Delivery
internal import Posts
internal import Sessions
internal import Store

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
        _ tasks: [TaskRecord], in ledger: Ledger, _ adapters: AdapterRegistry, at now: Int64
    ) throws -> [ThreadNews] {
        let owners = Dictionary(grouping: tasks) { $0.owner?.lowercased() ?? "" }
        guard !owners.isEmpty else { return [] }
        // Somebody who has never used a list is called what their name says.
        let people = Dictionary(grouping: try ledger.taskAssignees(at: now).filter { adapters[$0.adapter] != nil }) {
            $0.handle?.lowercased() ?? $0.sender.taskHandle
        }
        return try owners.sorted { $0.key < $1.key }.filter { $0.key != self.handle?.lowercased() }.prefix(Self.limit)
            .compactMap { owner, tasks -> ThreadNews? in
                guard let person = people[owner]?.min(by: { $0.rank < $1.rank }), person.sender.id != self.author?.id
                else { return nil }
                var news = ThreadNews(
                    session: try ledger.directThread(of: person, at: now),
                    key: "tasks \(self.repository) \(self.commit)",
                    markdown: self.text(tasks))
                news.isApart = true
                return news
            }
    }

    private func text(_ tasks: [TaskRecord]) -> String {
        let by = self.author.map { " by \(TaskText.escaped($0.displayName))" } ?? ""
        let lines = tasks.prefix(10).map { task in
            "- `\(TaskText.plain(task.id))` \(TaskText.escaped(task.text))" + (task.due.map { " · due \($0)" } ?? "")
        }
        let more = tasks.count > lines.count ? ["- and \(tasks.count - lines.count) more"] : []
        return (["Assigned to you\(by) in [`\(self.repository)`](\(self.link)):", ""] + lines + more)
            .joined(separator: "\n")
    }
}
