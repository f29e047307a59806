internal import JSON
internal import Primitives
package import Sessions

/// A task as people see it.
package struct TaskRecord: Sendable, Equatable {
    package let repository: String
    /// Its address.
    package let id: String
    package let text: String
    package let state: TaskState
    package let owner: String?
    package let labels: [String]
    package let priority: String?
    package let due: String?
    package let links: [TaskLink]
    package let notes: [TaskNote]
    package let section: String?
    package let line: Int
    /// The thread that worked on it last.
    package let session: String?
    /// Milliseconds since 1970.
    package let updatedAt: Int64
    /// At which it was read.
    package let commit: String

    init(_ row: TaskRow, at commit: String) {
        let body = (try? JSON.parse(row.body)) ?? [:]
        func words(_ name: String) -> [JSON] { body[name]?.arrayValue ?? [] }
        self.repository = row.repository
        self.id = row.id
        self.text = body["text"]?.stringValue ?? ""
        self.state = TaskState(rawValue: row.state) ?? .open
        self.owner = body["owner"]?.stringValue
        self.labels = words("labels").compactMap(\.stringValue)
        self.priority = body["priority"]?.stringValue
        self.due = row.due
        self.links = words("links").map {
            TaskLink(text: $0["text"]?.stringValue ?? "", url: $0["url"]?.stringValue ?? "")
        }
        self.notes = words("notes").map {
            TaskNote(
                who: $0["who"]?.stringValue ?? "", date: $0["date"]?.stringValue ?? "",
                text: $0["text"]?.stringValue ?? "")
        }
        // Rows of earlier versions have the whole heading.
        self.section = body["section"]?.stringValue?.beginning(bytes: TaskItem.sectionLimit)
        self.line = Int(row.line)
        self.session = row.session
        self.updatedAt = row.updatedAt
        self.commit = commit
    }

    /// What the index says of a task; nil if it has none at this address.
    package init?(_ address: String, in repository: String, _ ledger: Ledger) throws {
        guard let row = try ledger.task(address, in: repository), let list = try ledger.taskList(of: repository) else {
            return nil
        }
        self.init(row, at: list.hash)
    }

    /// The links that lead to commits, with their hashes.
    package var commits: [(sha: String, url: String)] {
        self.links.compactMap { link in
            let parts = link.url.split(separator: "/")
            guard let last = parts.last, parts.dropLast().last == "commit", (7...64).contains(last.utf8.count),
                last.allSatisfy(\.isHexDigit)
            else { return nil }
            return (String(last), link.url)
        }
    }
}

extension TaskItem {
    /// What the index keeps of it.
    func row(in repository: String, at time: Int64) -> TaskRow {
        func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
        let body: JSON = [
            "id": text(self.id), "text": .string(self.text), "state": .string(self.state.rawValue),
            "owner": text(self.owner), "labels": .array(self.labels.map { .string($0) }),
            "priority": text(self.priority), "due": text(self.due), "section": text(self.section),
            "links": .array(self.links.map { ["text": .string($0.text), "url": .string($0.url)] }),
            "notes": .array(
                self.notes.map { ["who": .string($0.who), "date": .string($0.date), "text": .string($0.text)] }),
        ]
        let words = [self.address, self.text, self.owner ?? ""] + self.labels + self.notes.map(\.text)
        let searched = words.joined(separator: " ").lowercased().filter { $0 != "\0" }
        return TaskRow(
            repository: repository, id: self.address, line: Int64(self.line), state: self.state.rawValue,
            owner: self.owner, labels: self.labels, due: self.due,
            words: searched.beginning(bytes: TaskRow.wordsLimit), body: body.text, updatedAt: time,
            text: self.text)
    }
}
