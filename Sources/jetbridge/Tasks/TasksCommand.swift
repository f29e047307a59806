internal import Chat
internal import Crypto
internal import HTTP
internal import Host
internal import JSON
internal import Lifecycle
internal import Primitives
internal import Tasks

/// `tasks …`: over the API of the host that serves the data directory; else from what was read last, with changes queued.
struct TasksCommand: Command {
    enum Verb: String, CaseIterable {
        case list, show, add, claim, start, done, drop, reopen, note, link, assign, sync
    }

    private let verb: Verb
    let syntax: CommandSyntax

    static let all = Verb.allCases.map(TasksCommand.init)

    private static let id = PositionalSyntax("id", .text("ID"), help: "As 'tasks list' prints it.")
    private static let offline = OptionSyntax(
        "offline", help: "Ask no host: read what was read last, and queue the change for 'tasks sync'.")

    private init(_ verb: Verb) {
        self.verb = verb
        var positionals = [Self.id]
        var options = [OptionSyntax.repository, Self.offline]
        var discussion = "A change is a commit. While no host answers it is queued for 'tasks sync'."
        let summary: String
        var examples: [String] = []
        switch verb {
        case .list:
            summary = "List the tasks of a repository"
            positionals = []
            options += [
                OptionSyntax(
                    "state", .choice("STATE", ["open", "started", "done", "dropped"]), help: "Only tasks in this state."
                ),
                OptionSyntax("owner", .text("NAME"), help: "Only the tasks of this person."),
                OptionSyntax("label", .text("LABEL"), help: "Only tasks with this label."),
            ]
            discussion = """
                Columns: ID, state, owner, text and labels. Without a serving host the list is as it was read last; what \
                is queued is marked with *.
                """
            examples = ["jetbridge tasks list --state open", "jetbridge tasks list --offline"]
        case .show: (summary, discussion) = ("Show a task with its links and notes", "")
        case .add:
            summary = "Add a task"
            positionals = [
                PositionalSyntax(
                    "text", .text("TEXT"), isRepeated: true, help: "May end with marks such as @bob, #bug and !high.")
            ]
            examples = ["jetbridge tasks add Write the login page '#web'"]
        case .claim: summary = "Take a task"
        case .start: summary = "Start a task"
        case .done: summary = "Finish a task"
        case .drop: summary = "Drop a task"
        case .reopen: summary = "Open a task again"
        case .note:
            summary = "Add a note to a task"
            positionals += [PositionalSyntax("text", .text("TEXT"), isRepeated: true, help: "One line.")]
        case .link:
            summary = "Link a task to a page or a commit"
            positionals += [PositionalSyntax("target", .text("URL|COMMIT"), help: "An address, or a commit's hash.")]
        case .assign:
            summary = "Give a task to somebody"
            positionals += [PositionalSyntax("who", .text("WHO"), help: "A name, as after the @ in the file.")]
        case .sync:
            summary = "Send the queued changes, in their order"
            discussion = """
                A change whose task has become something else meanwhile is shown with what it was, what it is and what \
                you wanted, and stays queued; --ours sends it all the same, --theirs drops it. Exits 1 while one is left.
                """
            positionals = []
            options = [
                OptionSyntax("repository", .text("NAME"), help: "Only the changes of this repository."),
                OptionSyntax("ours", help: "Send changes in conflict all the same."),
                OptionSyntax("theirs", help: "Drop changes in conflict."),
            ]
        }
        self.syntax = CommandSyntax(
            "tasks", verb.rawValue, summary: summary, discussion: discussion, positionals: positionals,
            options: options, examples: examples)
    }

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        guard context.arguments.word("id") != "" else { throw CommandFailure("an empty word is no task's id") }
        if self.verb == .add || self.verb == .note {
            let words = context.arguments.words("text").joined(separator: " ")
            guard words.contains(where: { !$0.isWhitespace }) else {
                throw CommandFailure("the text is empty: write some")
            }
        }
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let repository = context.arguments.value("repository") ?? configuration.defaultName ?? ""
        let run = TasksRun(context: context, cache: TaskCache(directory), repository: repository)
        let names = configuration.repositories.map(\.name)
        guard self.verb == .sync || !context.arguments.has("offline") else {
            return try self.runOffline(run, among: names)
        }
        let user = Identity.user(ofMachine: context.user)
        let done: Void? = try await ChatHost.withServing(
            configuration, name: context.user, scopes: ["tasks"], identity: user
        ) { link in
            if self.verb == .sync { try await run.sync(over: link) } else { try await self.run(run, over: link) }
        }
        guard done == nil else { return }
        guard self.verb != .sync else {
            throw CommandFailure("no host serves this data directory: start 'jetbridge serve', then sync again")
        }
        try context.errors.writeLine("No host answers: this is what was read last; changes are queued.")
        try self.runOffline(run, among: names)
    }

    /// The change that is wanted; nil for what only reads.
    private func body(_ context: CommandContext) -> JSONObject? {
        let words = context.arguments.words("text").joined(separator: " ")
        switch self.verb {
        case .list, .show, .sync: return nil
        case .add: return ["text": .string(words)]
        case .claim: return ["owner": .string(Sender.user(ofMachine: context.user).taskHandle)]
        case .start: return ["state": "started"]
        case .done: return ["state": "done"]
        case .drop: return ["state": "dropped"]
        case .reopen: return ["state": "open"]
        case .note: return ["note": .string(words)]
        case .link: return ["link": .string(context.arguments.word("target") ?? "")]
        case .assign: return ["owner": .string(context.arguments.word("who") ?? "")]
        }
    }

    private func run(_ run: TasksRun, over link: ChatLink) async throws {
        let id = run.context.arguments.word("id") ?? ""
        switch (self.verb, self.body(run.context)) {
        case (.list, _): try run.printList(try await run.list(over: link))
        case (.show, _): try run.printTask(try await run.task(id, over: link))
        case (_, let body?):
            let isNew = self.verb == .add
            let answer = try await run.send(body, to: isNew ? nil : id, base: nil, key: nil, over: link)
            guard answer.status < 300 else { throw TasksRun.failure(answer, of: isNew ? nil : id) }
            try run.cache.update { $0.remember(answer.json, of: run.repository) }
            try run.printTask(answer.json)
        default: break
        }
    }

    /// - Parameter names: Those of the configured repositories.
    private func runOffline(_ run: TasksRun, among names: [String]) throws {
        guard run.repository.isEmpty || names.contains(run.repository) else {
            let name = run.context.output.shown(String(run.repository.prefix(64)))
            throw CommandFailure("there is no repository \(name): choose one of \(names.joined(separator: ", "))")
        }
        let id = run.context.arguments.word("id") ?? ""
        guard let body = self.body(run.context) else {
            let state = try run.cache.read()
            if self.verb == .list { return try run.printList(state.tasks(of: run.repository)) }
            guard let task = state.task(id, of: run.repository) else {
                throw CommandFailure(
                    "'\(run.context.output.shown(id))' is not in the list that was read last. \(TasksRun.listing)")
            }
            return try run.printTask(task)
        }
        try run.printTask(try run.queue(body, for: self.verb == .add ? nil : id))
    }
}

extension Configuration {
    fileprivate var defaultName: String? { self.defaultRepository ?? self.repositories.first?.name }
}

/// One command about tasks.
struct TasksRun {
    let context: CommandContext
    let cache: TaskCache
    let repository: String

    typealias Answer = (status: Int, json: JSON)

    /// - Parameter id: The task that the request is about.
    static func failure(_ answer: Answer, of id: String? = nil) -> CommandFailure {
        let reason = answer.json["detail"]?.stringValue ?? "the host answered \(answer.status); try again"
        // An unknown repository is answered with the known ones.
        guard id != nil, answer.status == 404, reason.hasPrefix("There is no task ") else {
            return CommandFailure(reason)
        }
        return CommandFailure("\(reason) \(Self.listing)")
    }

    static let listing = "'jetbridge tasks list' lists the tasks."

    private static func encoded(_ text: String) -> String { PercentEncoding.encode(text, keeping: .unreserved) }

    private static func path(_ repository: String, _ id: String) -> String {
        "/api/v1/tasks/\(Self.encoded(repository))/\(Self.encoded(id))"
    }

    // MARK: With a host

    func send(
        _ body: JSONObject, to id: String?, base: String?, key: String?, in repository: String? = nil,
        over link: ChatLink
    ) async throws -> Answer {
        var body = body
        let repository = repository ?? self.repository
        let headers: HTTPHeaders = key.map { ["Idempotency-Key": $0] } ?? [:]
        guard let id else {
            if !repository.isEmpty { body["repository"] = .string(repository) }
            return try await link.exchange(.post, "/api/v1/tasks", .object(body), headers: headers)
        }
        if let base { body["base"] = .string(base) }
        return try await link.exchange(.patch, Self.path(repository, id), .object(body), headers: headers)
    }

    func task(_ id: String, over link: ChatLink) async throws -> JSON {
        let answer = try await link.exchange(.get, Self.path(self.repository, id), nil)
        guard answer.status == 200 else { throw Self.failure(answer, of: id) }
        return answer.json
    }

    /// Reads the whole list and remembers it.
    func list(over link: ChatLink) async throws -> [JSON] {
        var tasks: [JSON] = []
        var cursor: String?
        repeat {
            let place = cursor.map { "&cursor=\($0)" } ?? ""
            let answer = try await link.exchange(
                .get, "/api/v1/tasks", nil, query: "limit=5000&repository=\(Self.encoded(self.repository))\(place)")
            guard answer.status == 200 else { throw Self.failure(answer) }
            tasks += answer.json["items"]?.arrayValue ?? []
            cursor = answer.json["next_cursor"]?.stringValue
        } while cursor != nil
        let all = tasks
        return try self.cache.update { state in
            state.lists[self.repository] = all
            return state.tasks(of: self.repository)
        }
    }

    // MARK: Without one

    /// Stores a change, and returns the task as it would be.
    func queue(_ body: JSONObject, for id: String?) throws -> JSON {
        try self.cache.update { state in
            let name: String
            var (base, before): (String?, JSON) = (nil, .null)
            if let id {
                guard let task = state.task(id, of: self.repository) else {
                    throw CommandFailure(
                        "'\(self.context.output.shown(id))' is not in the list that was read last, so it can't be changed "
                            + "without a host. \(Self.listing)")
                }
                name = task["id"]?.stringValue ?? id
                base = task["commit"]?.stringValue
                before = task
            } else {
                let numbers = state.queue.filter { $0.task.hasPrefix("+") }.compactMap { Int($0.task.dropFirst()) }
                name = "+\((numbers.max() ?? 0) + 1)"
            }
            state.queue.append(
                TaskCache.Entry(
                    key: "tasks-" + hex(randomBytes(10)), repository: self.repository, task: name, base: base,
                    body: body, before: before))
            return state.task(name, of: self.repository) ?? .null
        }
    }

    // MARK: Sending what waits

    /// Sends the queue in its order; what is refused stays, with everything about the same task that came after it.
    func sync(over link: ChatLink) async throws {
        var ids: [String: String] = [:]
        var commits: [String: String] = [:]
        var blocked: Set<String> = []
        var (sent, dropped, conflicts) = (0, 0, [JSON]())
        let only = self.context.arguments.value("repository")
        for entry in try self.cache.read().queue where only == nil || entry.repository == only {
            let name = "\(entry.repository) \(entry.task)"
            guard !blocked.contains(name) else { continue }
            let id = entry.isNew ? nil : ids[name] ?? entry.task
            var answer = try await self.send(
                entry.body, to: id, base: commits[name] ?? entry.base, key: entry.key, in: entry.repository, over: link)
            var fields: [JSON] = []
            if answer.status == 409 || answer.status == 404, let id {
                let path = Self.path(entry.repository, id)
                let found = try await link.exchange(.get, path, nil)
                let current = found.status == 200 ? found.json : .null
                fields = found.status == 409 ? [] : self.conflicts(of: entry, with: current)
                if !current.isNull, fields.isEmpty || self.context.arguments.has("ours") {
                    // Something else of the task has changed, or the person has decided.
                    answer = try await self.send(
                        entry.body, to: id, base: current["commit"]?.stringValue, key: entry.key, in: entry.repository,
                        over: link)
                }
            }
            // A server that cannot be reached must not hold up the changes of other repositories.
            if [400, 404, 409, 413, 422, 502].contains(answer.status) {
                if self.context.arguments.has("theirs"), answer.status != 502 {
                    try self.cache.update { state in state.queue.removeAll { $0.key == entry.key } }
                    dropped += 1
                    continue
                }
                blocked.insert(name)
                let reason = Self.failure(answer).message ?? ""
                conflicts.append([
                    "task": .string(id ?? entry.task), "repository": .string(entry.repository),
                    "fields": .array(fields), "reason": .string(reason),
                ])
                try self.show(id ?? entry.task, fields, reason)
                continue
            }
            guard answer.status < 300 else { throw Self.failure(answer) }
            ids[name] = answer.json["id"]?.stringValue
            commits[name] = answer.json["commit"]?.stringValue
            sent += 1
            let (new, old) = (ids[name] ?? entry.task, entry.task)
            try self.cache.update { state in
                state.queue.removeAll { $0.key == entry.key }
                state.remember(answer.json, of: entry.repository)
                // Later changes of a new task concern the one that it has become.
                for (index, later) in state.queue.enumerated()
                where later.repository == entry.repository && later.task == old {
                    state.queue[index].task = new
                }
            }
            commits["\(entry.repository) \(new)"] = commits[name]
            if !self.context.isJSON { try self.printTask(answer.json) }
        }
        try await self.finish(sent, dropped, conflicts, link)
    }

    private func finish(_ sent: Int, _ dropped: Int, _ conflicts: [JSON], _ link: ChatLink) async throws {
        func changes(_ count: Int) -> String { count == 1 ? "1 change is" : "\(count) changes are" }
        if self.context.isJSON {
            try self.context.print(["sent": JSON(sent), "dropped": JSON(dropped), "conflicts": .array(conflicts)])
        } else if dropped > 0 {
            try self.context.errors.writeLine("\(changes(dropped)) dropped.")
        } else if sent == 0, conflicts.isEmpty {
            try self.context.errors.writeLine("Nothing is queued.")
        }
        guard conflicts.isEmpty else {
            throw CommandFailure(
                "\(changes(conflicts.count)) refused and still queued: 'tasks sync --ours' or '--theirs' decides")
        }
        _ = try await self.list(over: link)
    }

    /// The fields of a change that are not what they were, nor what they were to become; all of them if there is no such
    /// task any more.
    private func conflicts(of entry: TaskCache.Entry, with current: JSON) -> [JSON] {
        let fields = ["state", "owner", "text", "labels"] + (current.isNull ? ["note", "link"] : [])
        return fields.compactMap { field in
            guard let ours = entry.body[field] else { return nil }
            // Notes and links are added to what is there.
            let isAdded = field == "note" || field == "link"
            let (base, theirs) = (isAdded ? .null : entry.before[field] ?? .null, current[field] ?? .null)
            guard current.isNull || (theirs != base && theirs != ours) else { return nil }
            return ["field": .string(field), "base": base, "theirs": theirs, "ours": ours]
        }
    }

    private func show(_ id: String, _ fields: [JSON], _ reason: String) throws {
        guard !self.context.isJSON else { return }
        // A conflict says it in the three texts.
        if fields.isEmpty { return try self.context.print(self.context.output.shown("\(id): \(reason)")) }
        func shown(_ value: JSON?) -> String {
            guard let value, !value.isNull else { return "(nothing)" }
            return value.stringValue ?? value.arrayValue?.compactMap(\.stringValue).joined(separator: " ") ?? value.text
        }
        for field in fields {
            try self.context.print(self.context.output.shown("\(id) \(field["field"]?.stringValue ?? ""): conflict"))
            for side in ["base", "theirs", "ours"] {
                let label = side + String(repeating: " ", count: 8 - side.utf8.count)
                try self.context.print(self.context.output.shown("  \(label)\(shown(field[side]))"))
            }
        }
    }

    // MARK: Printing

    func printList(_ all: [JSON]) throws {
        let filters = ["state", "owner"].compactMap { name in self.context.arguments.value(name).map { (name, $0) } }
        let label = self.context.arguments.value("label")?.lowercased()
        let tasks = all.filter { task in
            filters.allSatisfy { task[$0.0]?.stringValue?.lowercased() == $0.1.lowercased() }
                && (label == nil
                    || task["labels"]?.arrayValue?.contains { $0.stringValue?.lowercased() == label } == true)
        }
        guard !self.context.isJSON else { return try self.context.print(.array(tasks)) }
        if tasks.isEmpty { try self.context.errors.writeLine("There is no such task. 'jetbridge tasks add' adds one.") }
        let rows = tasks.map { task in Self.row(task).map { VisibleText.strictLine($0) } }
        for line in TextTable.lines(rows) { try self.context.print(line) }
    }

    private static func row(_ task: JSON) -> [String] {
        func text(_ name: String) -> String { task[name]?.stringValue ?? "" }
        let labels = task["labels"]?.arrayValue?.compactMap(\.stringValue).map { " #\($0)" }.joined() ?? ""
        let priority = task["priority"]?.stringValue.map { " !\($0)" } ?? ""
        let due = task["due"]?.stringValue.map { " (due \($0))" } ?? ""
        return [
            text("id") + (task["waiting"]?.boolValue == true ? "*" : ""), text("state"),
            task["owner"]?.stringValue.map { "@\($0)" } ?? "-", text("text") + labels + priority + due,
        ]
    }

    func printTask(_ task: JSON) throws {
        guard !self.context.isJSON else { return try self.context.print(task) }
        try self.context.print(VisibleText.strictLine(Self.row(task).joined(separator: "  ")))
        guard self.context.path.last == "show" else { return }
        for link in task["links"]?.arrayValue ?? [] {
            try self.context.print(
                VisibleText.strictLine("  \(link["text"]?.stringValue ?? "") \(link["url"]?.stringValue ?? "")"))
        }
        for note in task["notes"]?.arrayValue ?? [] {
            let head = "\(note["who"]?.stringValue ?? ""), \(note["date"]?.stringValue ?? "")"
            try self.context.print(VisibleText.strictLine("  \(head): \(note["text"]?.stringValue ?? "")"))
        }
    }
}
