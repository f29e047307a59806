internal import EventLoop
internal import JSON
internal import Primitives

/// Conversations, and the agent's work in them.
enum MCPThreadTools {
    static let all: [MCPTool] = [
        MCPTool(
            "threads_list", "Conversations, most recently active first.", as: "listThreads", .reads,
            [.text("query", "Words to find in titles and messages."), .text("cursor", "")]
        ) { try await Self.list($0) },
        MCPTool(
            "thread_read", "The messages of a conversation: the newest ones, or those after a message.",
            as: "listMessages", .reads,
            [
                .text("thread_id", "", required: true), .text("after", "Id of a message; 0 reads from the beginning."),
                .init(name: "limit", kind: .number(1...50), note: "10 by default."),
            ]
        ) { call in
            try await MCPThreads(call.backend).read(
                call.needed("thread_id"), after: call.text("after"), limit: call.number("limit") ?? 10)
        },
        MCPTool(
            "thread_post",
            "Sends the agent a message or a /command, as the person, in a new conversation or an existing one; waits for "
                + "the answer, or returns the operation's state and id.", as: "postMessage", .acts,
            [
                .text("text", "", required: true), .text("thread_id", "A new conversation without it."),
                .init(name: "wait_seconds", kind: .number(0...45), note: "30 by default."),
            ]
        ) { try await Self.post($0) },
        MCPTool(
            "operation_read", "How far the agent's work on a message is, and its answer.", as: "getOperation", .reads,
            [.text("operation_id", "", required: true), .text("cursor", "")]
        ) { call in
            let operation = try await call.backend.json(MCPCall("getOperation", call.needed("operation_id")))
            return try await MCPThreads(call.backend).report(operation, from: MCPText.cursor(call.text("cursor")))
        },
    ]

    private static func list(_ call: MCPToolCall) async throws -> String {
        let page = try await call.backend.json(
            MCPCall(
                "listThreads",
                query: [("limit", "15"), ("q", call.text("query")), ("cursor", call.text("cursor"))]))
        let threads = MCPThreads(call.backend)
        let lines = page["items"]?.arrayValue?.map(threads.line) ?? []
        let text = MCPText.lines(lines, from: 0, empty: "There is no such conversation.")
        guard let cursor = page["next_cursor"]?.stringValue else { return text }
        return "\(text)\n\nThere are more: cursor=\"\(cursor)\"."
    }

    private static func post(_ call: MCPToolCall) async throws -> String {
        let text = try call.needed("text")
        var thread = call.text("thread_id")
        if thread == nil { thread = try await call.backend.json(MCPCall("createThread"))["id"]?.stringValue }
        guard let thread else { throw MCPRefusal("The host created no conversation. Try again.") }
        let accepted = try await call.backend.json(
            MCPCall("postMessage", thread, body: ["text": .string(text)]))
        let threads = MCPThreads(call.backend)
        guard let id = accepted["operation_id"]?.stringValue else {
            return "\(accepted["detail"]?.stringValue ?? "Done.")\n\(threads.link(thread))"
        }
        let operation = try await Self.wait(for: id, in: thread, call, seconds: call.number("wait_seconds") ?? 30)
        return try await threads.report(operation)
    }

    /// In seconds: reports of progress keep some clients from giving up.
    private static let progressPause = 5

    /// The operation once it has ended, asks somebody, or the time is over.
    private static func wait(
        for id: String, in thread: String, _ call: MCPToolCall, seconds: Int
    ) async throws -> JSON {
        let start = ContinuousClock.now
        var (pause, told) = (Duration.milliseconds(100), -Self.progressPause)
        while true {
            let operation = try await call.backend.json(MCPCall("getOperation", id))
            let passed = ContinuousClock.now - start
            guard operation["ended_at"]?.stringValue == nil, passed < .seconds(seconds) else { return operation }
            if try await !MCPThreads(call.backend).asks(of: thread).isEmpty { return operation }
            let now = Int(passed / .seconds(1))
            if now >= told + Self.progressPause {
                told = now
                call.progress(now, of: seconds, operation["state"]?.stringValue ?? "running")
            }
            try await EventLoop.shared.sleep(for: min(pause, .seconds(seconds) - passed))
            pause = min(pause * 2, .seconds(1))
        }
    }
}

/// What tools and resources say about conversations.
struct MCPThreads: Sendable {
    private let backend: any MCPBackend

    init(_ backend: any MCPBackend) { self.backend = backend }

    func link(_ thread: String) -> String { "\(self.backend.pageURL)/#/t/\(thread)" }

    func line(_ thread: JSON) -> String {
        let id = thread["id"]?.stringValue ?? ""
        let title = MCPText.line(thread["title"]?.stringValue ?? "", 100)
        var facts = [thread["adapter"]?.stringValue ?? "", thread["state"]?.stringValue ?? ""]
        facts += thread["repository"]?.stringValue.map { ["repository \($0)"] } ?? []
        if thread["waiting"]?.boolValue == true { facts.append("waits for a decision") }
        let found = thread["found"]?.stringValue.map { ": \(MCPText.line($0))" } ?? ""
        return "\(id) “\(title.isEmpty ? "Untitled" : title)” (\(facts.joined(separator: ", ")); "
            + "\(thread["updated_at"]?.stringValue ?? "")) \(self.link(id))\(found)"
    }

    /// The messages after one, or the newest ones.
    ///
    /// - Parameter after: A message's id, or `ID:BYTE` for the rest of the one that follows it.
    func read(_ thread: String, after: String?, limit: Int, bytes: Int = MCPText.limit) async throws -> String {
        let parts = after?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
        let offset = try MCPText.cursor(parts.count > 1 ? parts[1] : nil)
        let heading = try await self.line(self.backend.json(MCPCall("getThread", thread)))
        let page = try await self.backend.json(
            MCPCall(
                "listMessages", thread,
                query: [("limit", "\(limit)"), ("after", parts.first), ("before", after == nil ? "latest" : nil)]))
        let messages = page["items"]?.arrayValue ?? []
        var text = heading
        if messages.isEmpty { return "\(text)\n\nThere are no messages\(after == nil ? "" : " after that")." }
        // Ids grow; any number before the first message's will do.
        let first = messages.first?["id"]?.stringValue.flatMap { Int64(untrusted: $0) } ?? 1
        var last = parts.first ?? String(first - 1)
        if after == nil, page["previous_cursor"]?.stringValue != nil {
            text += "\nEarlier messages: thread_read with after=\"0\"."
        }
        for (index, message) in messages.enumerated() {
            let id = message["id"]?.stringValue ?? ""
            let author = MCPText.line(message["author"]?.stringValue ?? "", 80)
            let head =
                "\n\n[\(id)] \(message["role"]?.stringValue ?? "") \(author) \(message["created_at"]?.stringValue ?? "")\n"
            let start = index == 0 ? offset : 0
            let whole = message["text"]?.stringValue ?? ""
            let room = bytes - text.utf8.count - head.utf8.count - 200
            guard room > 400 || index == 0 else { break }
            let rest = start < whole.utf8.count ? String(decoding: Array(whole.utf8)[start...], as: UTF8.self) : ""
            guard rest.utf8.count <= room else {
                let part = rest.beginning(bytes: room)
                let next = "\(last):\(start + part.utf8.count)"
                let left = rest.utf8.count - part.utf8.count
                return "\(text)\(head)\(part)\n\n[\(left) more bytes of this message: after=\"\(next)\"]"
            }
            text += head + rest
            last = id
        }
        let isMore = last != messages.last?["id"]?.stringValue || page["next_cursor"]?.stringValue != nil
        return isMore ? "\(text)\n\nThere are more: after=\"\(last)\"." : text
    }

    /// The open asks of a conversation.
    func asks(of thread: String) async throws -> [JSON] {
        try await self.backend.json(MCPCall("listAsks", thread))["items"]?.arrayValue ?? []
    }

    /// An operation's state, its answer, and what follows from them.
    ///
    /// - Parameter start: The byte with which the answer's part begins.
    func report(_ operation: JSON, from start: Int = 0) async throws -> String {
        let (id, thread) = (operation["id"]?.stringValue ?? "", operation["thread_id"]?.stringValue ?? "")
        let state = operation["state"]?.stringValue ?? ""
        var lines = ["Operation \(id): \(state). \(self.link(thread))"]
        if let error = operation["error"]?.stringValue { lines.append("Error: \(MCPText.line(error, 500))") }
        for commit in operation["commits"]?.arrayValue?.prefix(20) ?? [] {
            lines.append(
                "Commit \(commit["sha"]?.stringValue?.prefix(7) ?? "") on \(commit["branch"]?.stringValue ?? ""): "
                    + "\(MCPText.line(commit["subject"]?.stringValue ?? "", 100)) \(commit["url"]?.stringValue ?? "")")
        }
        guard operation["ended_at"]?.stringValue != nil else {
            for ask in try await self.asks(of: thread).prefix(5) {
                lines.append(
                    "It waits for a decision, `\(ask["id"]?.stringValue ?? "")`: \(MCPText.line(ask["text"]?.stringValue ?? "", 400))"
                )
            }
            lines.append("Read operation_read with operation_id=\"\(id)\" later.")
            return lines.joined(separator: "\n")
        }
        let page = try await self.backend.json(
            MCPCall("listMessages", thread, query: [("before", "latest"), ("limit", "50")]))
        let answers = page["items"]?.arrayValue?.filter { message in
            message["operation_id"]?.stringValue == id
                && ["assistant", "note"].contains(message["role"]?.stringValue)
        }
        let text = answers?.compactMap { $0["text"]?.stringValue }.joined(separator: "\n\n") ?? ""
        let head = lines.joined(separator: "\n").beginning(bytes: MCPText.limit / 2)
        guard !text.isEmpty else { return head }
        return "\(head)\n\n\(MCPText.window(text, from: start, limit: MCPText.limit - head.utf8.count - 100))"
    }
}
