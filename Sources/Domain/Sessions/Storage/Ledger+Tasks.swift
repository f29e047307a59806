package import Chat
internal import Database
internal import JSON
internal import Primitives

/// A task as the index has it.
package struct TaskRow: Sendable, Equatable {
    package let repository: String
    package let id: String
    package let line: Int64
    package let state: String
    package let owner: String?
    package let labels: [String]
    package let due: String?
    /// What is searched, folded; at most ``wordsLimit``.
    package let words: String
    /// The rest of the task, and a part of each of the above that people see.
    package let body: String
    /// The thread that worked on it last.
    package var session: String?
    /// Milliseconds since 1970.
    package var updatedAt: Int64
    /// As in the body; nil if it was not read from there yet.
    private let text: String?

    /// Bytes of what is searched of a task.
    package static let wordsLimit = 4_096

    fileprivate var title: String { self.text ?? (try? JSON.parse(self.body))?["text"]?.stringValue ?? "" }

    package init(
        repository: String, id: String, line: Int64, state: String, owner: String?, labels: [String], due: String?,
        words: String, body: String, session: String? = nil, updatedAt: Int64, text: String? = nil
    ) {
        self.repository = repository
        self.id = id
        self.line = line
        self.state = state
        self.owner = owner
        self.labels = labels
        self.due = due
        self.words = words
        self.body = body
        self.session = session
        self.updatedAt = updatedAt
        self.text = text
    }
}

/// Where a repository's tasks were read.
package struct TaskListRow: Sendable, Equatable {
    package let branch: String
    /// The commit.
    package let hash: String
    package let blob: String

    package init(branch: String, hash: String, blob: String) {
        self.branch = branch
        self.hash = hash
        self.blob = blob
    }
}

/// Which tasks a listing contains; nil does not restrict it.
package struct TaskFilter: Sendable {
    package var state: String?
    package var owner: String?
    package var label: String?
    /// Only what is neither done nor dropped.
    package var isUnfinished = false
    /// All of them occur in the task, folded.
    package var words: [String] = []

    /// Bytes of a word or a label: SQLite compares it at each letter of each task.
    private static let wordLimit = 64

    package init(state: String? = nil, owner: String? = nil, label: String? = nil, search: String? = nil) {
        self.state = state
        self.owner = owner?.lowercased()
        self.label = label?.lowercased().beginning(bytes: Self.wordLimit)
        let parts = (search ?? "").lowercased().split {
            $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 }
        }
        self.words = parts.prefix(8).map { String($0).beginning(bytes: Self.wordLimit) }
    }
}

/// The lines of a list whose tasks are replaced, and by how much those below them have moved.
package struct TaskListPart: Sendable, Equatable {
    package let lines: Range<Int64>
    package let shift: Int64

    package init(_ lines: Range<Int64> = 0..<Int64.max, shift: Int64 = 0) {
        self.lines = lines
        self.shift = shift
    }
}

extension Ledger {
    package func taskList(of repository: String) throws -> TaskListRow? {
        try self.connection.query(
            "SELECT branch, hash, blob FROM task_lists WHERE repository = ?", [.text(repository)]
        ).first.map {
            TaskListRow(branch: try $0.text("branch"), hash: try $0.text("hash"), blob: try $0.text("blob"))
        }
    }

    package func task(_ id: String, in repository: String) throws -> TaskRow? {
        try self.connection.query(
            "SELECT * FROM tasks WHERE repository = ? AND id = ?", [.text(repository), .text(id)]
        ).first.map(Self.task)
    }

    /// In the order of the file, after a line.
    package func tasks(
        of repository: String, _ filter: TaskFilter = TaskFilter(), after line: Int64 = 0, limit: Int
    ) throws -> [TaskRow] {
        var text = "SELECT * FROM tasks WHERE repository = ? AND line > ?"
        var values: [SQLValue] = [.text(repository), .integer(line)]
        if filter.isUnfinished { text += " AND state IN ('open', 'started')" }
        if let state = filter.state {
            text += " AND state = ?"
            values.append(.text(state))
        }
        if let owner = filter.owner {
            text += " AND LOWER(owner) = ?"
            values.append(.text(owner))
        }
        if let label = filter.label {
            text += " AND labels LIKE ? ESCAPE '\\'"
            values.append(.text("% \(Self.escaped(label)) %"))
        }
        for word in filter.words {
            // Older releases stored all words of a task.
            text += " AND substr(words, 1, \(TaskRow.wordsLimit)) LIKE ? ESCAPE '\\'"
            values.append(.text("%\(Self.escaped(word))%"))
        }
        values.append(.integer(Int64(limit)))
        return try self.connection.query(text + " ORDER BY line LIMIT ?", values).map(Self.task)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }

    /// Replaces a repository's tasks, or those of a part of its lines. Rows that are the same stay, and so do the threads of
    /// tasks. What has become done is counted; not what was so when the list was read for the first time.
    ///
    /// - Parameters:
    ///   - by: Whoever changed the list; nil where the branch just moved.
    /// - Returns: Those that have another owner.
    package func setTasks(
        _ rows: [TaskRow], of repository: String, _ list: TaskListRow, in part: TaskListPart = TaskListPart(),
        by person: Sender? = nil, at now: Int64
    ) throws -> [TaskRow] {
        let isKnown = try self.taskList(of: repository) != nil
        var done: Int64 = 0
        var known: [String: TaskRow] = [:]
        if !part.lines.isEmpty {
            for row in try self.connection.query(
                "SELECT * FROM tasks WHERE repository = ? AND line >= ? AND line < ?",
                [.text(repository), .integer(part.lines.lowerBound), .integer(part.lines.upperBound)])
            {
                let task = try Self.task(row)
                known[task.id] = task
            }
        }
        if part.shift != 0 {
            try self.connection.execute(
                "UPDATE tasks SET line = line + ? WHERE repository = ? AND line >= ?",
                [.integer(part.shift), .text(repository), .integer(part.lines.upperBound)])
        }
        // One without an id gets it with its first change, and is the same task.
        let ids = Set(rows.map(\.id))
        let gone = known.values.filter { $0.id.hasPrefix("~") && !ids.contains($0.id) }
        let unnamed = Dictionary(gone.map { ($0.title, $0) }, uniquingKeysWith: { first, _ in first })
        var assigned: [TaskRow] = []
        for row in rows {
            let old = known.removeValue(forKey: row.id) ?? (unnamed.isEmpty ? nil : unnamed[row.title])
            if row.owner != nil, old?.owner != row.owner { assigned.append(row) }
            if isKnown, row.state == "done", old?.state != "done" { done += 1 }
            if let old, old.body == row.body {
                guard old.line != row.line else { continue }
                try self.connection.execute(
                    "UPDATE tasks SET line = ? WHERE repository = ? AND id = ?",
                    [.integer(row.line), .text(repository), .text(row.id)])
                continue
            }
            try self.connection.execute(
                """
                INSERT INTO tasks (repository, id, line, state, owner, labels, due, words, body, session, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (repository, id) DO UPDATE SET line = excluded.line, state = excluded.state,
                owner = excluded.owner, labels = excluded.labels, due = excluded.due, words = excluded.words,
                body = excluded.body, updated_at = excluded.updated_at
                """,
                [
                    .text(repository), .text(row.id), .integer(row.line), .text(row.state), .optional(row.owner),
                    .text(" \(row.labels.joined(separator: " ").lowercased()) "), .optional(row.due),
                    .text(row.words), .text(row.body), .optional(row.session ?? old?.session), .integer(row.updatedAt),
                ])
        }
        if done > 0 {
            var record = UsageRecord("task", began: now, at: now)
            (record.tasksDone, record.repository, record.person) = (done, repository, person?.id ?? "")
            try self.insert(record)
        }
        for id in known.keys.sorted() {
            try self.connection.execute(
                "DELETE FROM tasks WHERE repository = ? AND id = ?", [.text(repository), .text(id)])
        }
        try self.connection.execute(
            """
            INSERT INTO task_lists (repository, branch, hash, blob, read_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (repository) DO UPDATE SET branch = excluded.branch, hash = excluded.hash,
            blob = excluded.blob, read_at = excluded.read_at
            """,
            [.text(repository), .text(list.branch), .text(list.hash), .text(list.blob), .integer(now)])
        return assigned
    }

    /// The file is the same at another commit.
    package func moveTaskList(of repository: String, to hash: String, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE task_lists SET hash = ?, read_at = ? WHERE repository = ?",
            [.text(hash), .integer(now), .text(repository)])
    }

    package func setThread(_ session: String, ofTask id: String, in repository: String) throws {
        try self.connection.execute(
            "UPDATE tasks SET session = ? WHERE repository = ? AND id = ?",
            [.text(session), .text(repository), .text(id)])
    }

    static func task(_ row: Row) throws -> TaskRow {
        TaskRow(
            repository: try row.text("repository"), id: try row.text("id"), line: try row.integer("line"),
            state: try row.text("state"), owner: try row.optionalText("owner"),
            labels: try row.text("labels").split(separator: " ").map(String.init), due: try row.optionalText("due"),
            words: try row.text("words"), body: try row.text("body"), session: try row.optionalText("session"),
            updatedAt: try row.integer("updated_at"))
    }
}
