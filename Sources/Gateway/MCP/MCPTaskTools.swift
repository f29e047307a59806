internal import JSON
internal import Tasks

/// The tasks of repositories.
enum MCPTaskTools {
    private static let states = TaskState.allCases.map(\.rawValue)

    static let all: [MCPTool] = [
        MCPTool(
            "tasks_list", "Tasks of repositories, in the order of their lists.", as: "listTasks", .reads,
            [
                .text("repository", ""), .init(name: "state", kind: .choice(Self.states), note: ""),
                .text("owner", "Without @."), .text("label", "Without #."), .text("query", ""), .text("cursor", ""),
            ]
        ) { call in
            try await MCPTasks(call.backend).list(
                ["repository", "state", "owner", "label", "query", "cursor"].map { ($0, call.text($0)) })
        },
        MCPTool(
            "task_change", "Changes a task, or adds one where no task_id is given, as a commit of the person.",
            as: "changeTask", .adds,
            [
                .text("repository", "The default one without it; needed with task_id."), .text("task_id", ""),
                .text("text", "One line."),
                .init(name: "state", kind: .choice(Self.states), note: ""), .text("owner", "Empty: nobody."),
                .init(name: "labels", kind: .words, note: "All of them."), .text("priority", ""),
                .text("due", "Such as 2026-12-01."), .text("note", "Is added."),
                .text("link", "An address or a commit; is added."),
                .text("base", "The commit at which the task was read: nothing is changed if it has changed since."),
            ]
        ) { try await Self.change($0) },
    ]

    private static func change(_ call: MCPToolCall) async throws -> String {
        let tasks = MCPTasks(call.backend)
        var body = JSONObject()
        for member in call.arguments where !["repository", "task_id"].contains(member.key) && !member.value.isNull {
            body[member.key] = member.value
        }
        if let id = call.text("task_id") {
            let repository = try call.needed("repository")
            let task = try await call.backend.json(MCPCall("changeTask", repository, id, body: .object(body)))
            return "Changed: \(tasks.line(task))\nAt commit \(task["commit"]?.stringValue ?? "")."
        }
        for name in ["state", "note", "link", "base"] where body[name] != nil {
            throw MCPRefusal("A new task has no `\(name)`: add it first, then change it by its task_id.")
        }
        if let repository = call.text("repository") { body["repository"] = .string(repository) }
        body["text"] = .string(try call.needed("text"))
        let task = try await call.backend.json(MCPCall("createTask", body: .object(body)))
        return "Added: \(tasks.line(task))\nAt commit \(task["commit"]?.stringValue ?? "")."
    }
}

/// What tools and resources say about tasks.
struct MCPTasks: Sendable {
    private let backend: any MCPBackend

    init(_ backend: any MCPBackend) { self.backend = backend }

    func line(_ task: JSON) -> String {
        let (id, repository) = (task["id"]?.stringValue ?? "", task["repository"]?.stringValue ?? "")
        var words = ["\(repository)/\(id) [\(task["state"]?.stringValue ?? "")]"]
        words.append(MCPText.line(task["text"]?.stringValue ?? "", 200))
        if let owner = task["owner"]?.stringValue { words.append("@\(owner)") }
        words += task["labels"]?.arrayValue?.prefix(5).compactMap { $0.stringValue.map { "#\($0)" } } ?? []
        if let priority = task["priority"]?.stringValue { words.append("!\(priority)") }
        if let due = task["due"]?.stringValue { words.append("due \(due)") }
        words.append(self.backend.pageURL + ViewerPath.task(repository, id))
        return words.joined(separator: " ")
    }

    func list(_ query: [(String, String?)], limit: Int = 20) async throws -> String {
        let page = try await self.backend.json(
            MCPCall("listTasks", query: query.map { (name: $0, value: $1) } + [("limit", "\(limit)")]))
        var text = MCPText.lines(
            page["items"]?.arrayValue?.map(self.line) ?? [], from: 0, empty: "There are no such tasks.",
            limit: limit * 400)
        if let commit = page["commit"]?.stringValue { text += "\n\nRead at commit \(commit)." }
        guard let cursor = page["next_cursor"]?.stringValue else { return text }
        return "\(text)\n\nThere are more: cursor=\"\(cursor)\"."
    }
}
