internal import Database
internal import JSON
internal import Primitives
internal import Store

/// A task as the index has it.
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
    /// What is searched, folded; at most ``wordsLimit``.
    let words: String
    /// What the index keeps of it as JSON: tasks with the same are the same.
    let body: String

    /// Bytes of what is searched of a task.
    static let wordsLimit = 4_096

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

extension TaskRecord {
    init(_ row: Row, at commit: String) throws {
        self.body = try row.text("body")
        let body = (try? JSON.parse(self.body)) ?? [:]
        func words(_ name: String) -> [JSON] { body[name]?.arrayValue ?? [] }
        self.repository = try row.text("repository")
        self.id = try row.text("id")
        self.text = body["text"]?.stringValue ?? ""
        self.state = TaskState(rawValue: try row.text("state")) ?? .open
        self.owner = body["owner"]?.stringValue
        self.labels = words("labels").compactMap(\.stringValue)
        self.priority = body["priority"]?.stringValue
        self.due = try row.optionalText("due")
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
        self.line = Int(try row.integer("line"))
        self.session = try row.optionalText("session")
        self.updatedAt = try row.integer("updated_at")
        self.commit = commit
        self.words = try row.text("words")
    }
}

extension TaskItem {
    /// What the index keeps of it.
    ///
    /// - Parameter time: of the commit.
    func record(in repository: String, at commit: String, time: Int64) -> TaskRecord {
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
        return TaskRecord(
            repository: repository, id: self.address, text: self.text, state: self.state, owner: self.owner,
            labels: self.labels, priority: self.priority, due: self.due, links: self.links, notes: self.notes,
            section: self.section, line: self.line, session: nil, updatedAt: time, commit: commit,
            words: searched.beginning(bytes: TaskRecord.wordsLimit), body: body.text)
    }
}
