internal import Analytics
internal import Chat
internal import Database
internal import JSON
internal import Primitives
package import Store

/// Where a repository's tasks were read.
struct TaskListRow: Sendable, Equatable {
    let branch: String
    /// The commit.
    let hash: String
    let blob: String
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
struct TaskListPart: Sendable, Equatable {
    let lines: Range<Int64>
    let shift: Int64

    init(_ lines: Range<Int64> = 0..<Int64.max, shift: Int64 = 0) {
        self.lines = lines
        self.shift = shift
    }
}

extension Ledger {
    func taskList(of repository: String) throws -> TaskListRow? {
        try self.connection.query(
            "SELECT branch, hash, blob FROM task_lists WHERE repository = ?", [.text(repository)]
        ).first.map {
            TaskListRow(branch: try $0.text("branch"), hash: try $0.text("hash"), blob: try $0.text("blob"))
        }
    }

    /// What the index says of a task; nil if it has none at this address.
    ///
    /// - Parameter commit: At which it was read; that of the list if nil.
    package func task(_ id: String, in repository: String, at commit: String? = nil) throws -> TaskRecord? {
        let row = try self.connection.query(
            "SELECT * FROM tasks WHERE repository = ? AND id = ?", [.text(repository), .text(id)]
        ).first
        guard let row, let commit = try commit ?? self.taskList(of: repository)?.hash else { return nil }
        return try TaskRecord(row, at: commit)
    }

    /// In the order of the file, after a line.
    ///
    /// - Parameter commit: At which they were read; that of the list if nil.
    package func tasks(
        of repository: String, _ filter: TaskFilter = TaskFilter(), after line: Int64 = 0, limit: Int,
        at commit: String? = nil
    ) throws -> [TaskRecord] {
        guard let commit = try commit ?? self.taskList(of: repository)?.hash else { return [] }
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
            text += " AND substr(words, 1, \(TaskRecord.wordsLimit)) LIKE ? ESCAPE '\\'"
            values.append(.text("%\(Self.escaped(word))%"))
        }
        values.append(.integer(Int64(limit)))
        return try self.connection.query(text + " ORDER BY line LIMIT ?", values).map { row in
            try TaskRecord(row, at: commit)
        }
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
    func setTasks(
        _ tasks: [TaskRecord], of repository: String, _ list: TaskListRow, in part: TaskListPart = TaskListPart(),
        by person: Sender? = nil, at now: Int64
    ) throws -> [TaskRecord] {
        let isKnown = try self.taskList(of: repository) != nil
        var done: Int64 = 0
        // As rows: there may be thousands, and few are read whole.
        var known: [String: Row] = [:]
        if !part.lines.isEmpty {
            for row in try self.connection.query(
                "SELECT * FROM tasks WHERE repository = ? AND line >= ? AND line < ?",
                [.text(repository), .integer(part.lines.lowerBound), .integer(part.lines.upperBound)])
            {
                known[try row.text("id")] = row
            }
        }
        if part.shift != 0 {
            try self.connection.execute(
                "UPDATE tasks SET line = line + ? WHERE repository = ? AND line >= ?",
                [.integer(part.shift), .text(repository), .integer(part.lines.upperBound)])
        }
        // One without an id gets it with its first change, and is the same task.
        let ids = Set(tasks.map(\.id))
        var unnamed: [String: Row] = [:]
        for (id, row) in known where id.hasPrefix("~") && !ids.contains(id) {
            unnamed[(try? JSON.parse(row.text("body")))?["text"]?.stringValue ?? ""] = row
        }
        var assigned: [TaskRecord] = []
        var named = 0
        for task in tasks {
            let old = known.removeValue(forKey: task.id) ?? unnamed[task.text]
            if let owner = task.owner, try old?.optionalText("owner") != owner { assigned.append(task) }
            if isKnown, task.state == .done, try old?.text("state") != "done" { done += 1 }
            if let old, try old.text("body") == task.body {
                guard try old.integer("line") != Int64(task.line) else { continue }
                try self.connection.execute(
                    "UPDATE tasks SET line = ? WHERE repository = ? AND id = ?",
                    [.integer(Int64(task.line)), .text(repository), .text(task.id)])
                continue
            }
            if isKnown, named < Self.namedLimit {
                named += try self.noteNames(in: task, since: old, by: person, at: now)
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
                    .text(repository), .text(task.id), .integer(Int64(task.line)), .text(task.state.rawValue),
                    .optional(task.owner), .text(" \(task.labels.joined(separator: " ").lowercased()) "),
                    .optional(task.due), .text(task.words), .text(task.body),
                    .optional(old?.optionalText("session")), .integer(task.updatedAt),
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
    func moveTaskList(of repository: String, to hash: String, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE task_lists SET hash = ?, read_at = ? WHERE repository = ?",
            [.text(hash), .integer(now), .text(repository)])
    }

    package func setThread(_ session: String, ofTask id: String, in repository: String) throws {
        try self.connection.execute(
            "UPDATE tasks SET session = ? WHERE repository = ? AND id = ?",
            [.text(session), .text(repository), .text(id)])
    }
}
