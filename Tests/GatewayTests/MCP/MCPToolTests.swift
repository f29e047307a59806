import Chat
import HTTP
import HTTPServer
import JSON
import Models
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Tools of the Model Context Protocol", .timeLimit(.minutes(1)))
struct MCPToolTests {
    private static let names = [
        "threads_list", "thread_read", "thread_post", "operation_read", "documents_list", "document_read",
        "document_write", "tasks_list", "task_change", "spec_status", "repositories_list", "diff_read", "asks_list",
        "ask_answer",
    ]

    @Test("the list is short, in one order, and its schemas are plain")
    func list() async throws {
        try await GatewayHarness.run { harness in
            let client = MCPTester(caller: try await harness.token(.chat))
            let result = try await client.result("tools/list")
            #expect(result["ttlMs"] == 60_000 && result["cacheScope"] == "private")
            try await expectEqual(client.tools(), Self.names)
            let list = try #require(result["tools"])
            #expect(TokenEstimator.tokens(in: list.text) <= 3_000, "\(TokenEstimator.tokens(in: list.text)) tokens")
            for word in ["anyOf", "oneOf", "$ref", "\"null\""] { #expect(!list.text.contains(word)) }
            for tool in list.arrayValue ?? [] {
                let (name, schema) = (tool["name"]?.stringValue ?? "", tool["inputSchema"])
                #expect(schema?["type"] == "object" && schema?["additionalProperties"] == false, "\(name)")
                let changes = ["thread_post", "document_write", "task_change", "ask_answer"].contains(name)
                expectEqual(tool["annotations"]?["readOnlyHint"], .bool(!changes), name)
                if ["thread_post", "ask_answer"].contains(name) {
                    #expect(
                        tool["annotations"]?["destructiveHint"] == true && tool["annotations"]?["openWorldHint"] == true
                    )
                }
            }
        }
    }

    @Test("a credential is shown what its scopes and role allow, and the rest refuses")
    func rights() async throws {
        try await GatewayHarness.run { harness in
            var known: [String: MCPTester] = [:]
            func client(_ scope: Scope, _ role: Role = .owner) async throws -> MCPTester {
                let name = "\(scope) \(role)"
                if let client = known[name] { return client }
                let client = MCPTester(caller: try await harness.token(scope, role: role), isModern: false)
                known[name] = client
                return client
            }
            func tools(_ scope: Scope, role: Role = .owner) async throws -> [String] {
                try await client(scope, role).tools()
            }
            let all = Self.names
            try await expectEqual(tools(.admin), all)
            try await expectEqual(tools(.chat, role: .member), all)
            let changes: Set = ["thread_post", "document_write", "task_change", "ask_answer"]
            try await expectEqual(tools(.read), all.filter { !changes.contains($0) })
            try await expectEqual(tools(.tasks), ["tasks_list", "task_change"])
            try await expectEqual(tools(.documents), ["documents_list", "document_read", "document_write"])
            try await expectEqual(
                tools(.run),
                ["threads_list", "thread_read", "thread_post", "operation_read", "asks_list", "ask_answer"])
            try await expectEqual(tools(.proxy), [])
            try await expectEqual(
                tools(.chat, role: .guest),
                ["threads_list", "thread_read", "thread_post", "operation_read", "asks_list", "ask_answer"])
            let reader = try await client(.read)
            try await expectEqual(
                reader.refusal("task_change", ["text": "x"]), Problems.missingScope([.tasks, .chat]).detail)
            let guest = try await client(.chat, .guest)
            #expect(try await guest.refusal("tasks_list").contains("members and owners"))
            // Somebody else's conversation does not exist.
            let thread = try await guest.caller.newThread()
            let stranger = try await client(.read, .member)
            try await expectEqual(
                stranger.refusal("thread_read", ["thread_id": .string(thread)]), Problems.missing("thread").detail)
        }
    }

    @Test("arguments that the schema does not have are refused with those that it has")
    func arguments() async throws {
        try await GatewayHarness.run { harness in
            let client = MCPTester(caller: try await harness.token(.chat))
            for (tool, arguments, text) in [
                ("thread_read", [:], "thread_read needs the argument `thread_id`."),
                ("thread_read", ["thread_id": 1], "`thread_id` must be a text."),
                ("thread_read", ["thread_id": "t", "limit": 51], "`limit` must be a number from 1 to 50."),
                ("repositories_list", ["x": 1], "repositories_list has no argument `x`. It has `cursor`."),
                ("tasks_list", ["state": "lost"], "`state` must be one of open, started, done, dropped."),
                ("task_change", ["labels": ["a", 1]], "`labels` must be a list of texts."),
                ("asks_list", ["cursor": "-1"], "`cursor` must be the cursor of an earlier result."),
                ("operation_read", ["operation_id": "op_no"], "There is no such operation, or you may not see it."),
            ] as [(String, JSON, String)] {
                try await expectEqual(client.refusal(tool, arguments), text)
            }
        }
    }

    @Test("a message is answered in the call, marked in the transcript, and read page by page")
    func conversation() async throws {
        let long = (1...900).map { "Line number \($0) of the answer." }.joined(separator: "\n")
        try await GatewayHarness.run(worker: StepWorker([.event(.text("Hello."))], [.event(.text(long))])) { harness in
            let client = MCPTester(caller: try await harness.token(.chat))
            let first = try await client.text("thread_post", ["text": "Say hello"])
            #expect(first.contains(": complete.") && first.hasSuffix("Hello."))
            let list = try await client.text("threads_list")
            let id = String(list.prefix { $0 != " " })
            #expect(list.contains("“Say hello”") && list.contains("http://bot.example/#/t/\(id)"))
            let read = try await client.text("thread_read", ["thread_id": .string(id)])
            #expect(read.contains("[1] user test via mcp ") && read.contains("Say hello") && read.contains("Hello."))
            let messages = try await client.caller.send(.get, "/api/v1/threads/\(id)/messages").expect(200)
            expectEqual(messages["items"]?[0]?["author"], "test via mcp")

            let second = try await client.text("thread_post", ["text": "More", "thread_id": .string(id)])
            #expect(second.utf8.count <= MCPText.limit && second.contains("more bytes: cursor="))
            // Every byte is read once, whatever the steps.
            var (text, after) = ("", "0")
            while true {
                let part = try await client.text("thread_read", ["thread_id": .string(id), "after": .string(after)])
                #expect(part.utf8.count <= MCPText.limit)
                text += part
                guard let mark = part.matches(of: /after="([0-9:]+)"/).last else { break }
                after = String(mark.output.1)
            }
            #expect(text.contains("Line number 1 of") && text.contains("Line number 900 of"))
            var cursor: String? = "0"
            let operation = String(try #require(second.split(separator: " ").dropFirst().first?.dropLast()))
            var whole = ""
            while let next = cursor {
                let part = try await client.text(
                    "operation_read", ["operation_id": .string(operation), "cursor": .string(next)])
                #expect(part.utf8.count <= MCPText.limit)
                let body = part.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)[1]
                let mark = body.firstMatch(of: /\n\n\[[0-9]+ more bytes: cursor="([0-9]+)"\]$/)
                whole += body[..<(mark?.range.lowerBound ?? body.endIndex)]
                cursor = mark.map { String($0.output.1) }
            }
            expectEqual(whole, long)
            let commands = MCPTester(caller: try await harness.token(.run))
            #expect(try await commands.refusal("thread_post", ["text": "Hello"]).contains("you may post commands"))
        }
    }

    @Test("documents are listed, read, written on what was read, and a conflict shows the other text")
    func documents() async throws {
        try await MCPScene.run { scene in
            let list = try await scene.owner.text("documents_list")
            #expect(list.contains("notes: docs/Guide.md “Guide” on main http://bot.example/d/notes/main/docs/Guide.md"))
            #expect(list.contains("specs/001-login/spec.md"))
            let read = try await scene.owner.text("document_read", ["path": "docs/Guide.md"])
            let head = try scene.git("rev-parse main")
            #expect(read.hasPrefix("docs/Guide.md · commit \(head) ") && read.hasSuffix("one\ntwo\nthree\n"))
            // It was read where nothing is left behind.
            try await expectEqual(scene.owner.text("threads_list"), "There is no such conversation.")
            let saved = try await scene.owner.text(
                "document_write",
                [
                    "path": "docs/Guide.md", "text": "# Guide\nONE\ntwo\nthree\n", "base": .string(head),
                    "message": "Louder",
                ])
            let commit = try scene.git("rev-parse main")
            #expect(
                saved.contains("Committed docs/Guide.md as \(commit)") && saved.contains("/r/notes/commit/\(commit)"))
            try expectEqual(scene.git("log -1 --format=%s main"), "Louder")
            let conflict = try await scene.owner.refusal(
                "document_write",
                ["path": "docs/Guide.md", "text": "# Guide\nUno\ntwo\nthree\n", "base": .string(head)])
            #expect(conflict.contains("Others have changed the same lines") && conflict.contains("ONE\ntwo"))
            let new = try await scene.owner.text("document_write", ["path": "docs/New.md", "text": "# New\n"])
            #expect(new.hasPrefix("Committed docs/New.md"))
            try await expectEqual(
                scene.owner.refusal(
                    "document_read", ["path": "docs/None.md", "repository": "notes", "branch": "main"]),
                "There is no such document. documents_list has those that exist.")
            // Who has no scope for the viewer reads beside a conversation of their own.
            let editor = MCPTester(caller: try await scene.harness.token(.documents))
            #expect(try await editor.text("document_read", ["path": "docs/New.md"]).hasSuffix("# New\n"))
        }
    }

    @Test("tasks are listed, added and changed as commits")
    func tasks() async throws {
        try await MCPScene.run { scene in
            let open = try await scene.owner.text("tasks_list", ["state": "open"])
            #expect(open.contains("notes/T1 [open] One @ada #web http://bot.example/tasks?task=notes%2FT1"))
            #expect(!open.contains("T2"))
            let done = try await scene.owner.text(
                "task_change", ["repository": "notes", "task_id": "T1", "state": "done", "note": "It works."])
            #expect(done.contains("notes/T1 [done] One"))
            try #expect(scene.git("show main:docs/TASKS.md").contains("[x] T1 One"))
            #expect(
                try await scene.owner.text("task_change", ["text": "Three", "owner": "ada"]).contains(
                    "[open] Three @ada"))
            let stale = try await scene.owner.refusal(
                "task_change", ["repository": "notes", "task_id": "T2", "state": "open", "base": "0000000"])
            #expect(!stale.isEmpty)
            try await expectEqual(
                scene.owner.refusal("task_change", ["task_id": "T1"]), "`repository` is empty.")
        }
    }

    @Test("repositories, features and differences are read")
    func repositories() async throws {
        try await MCPScene.run(features: FakeFeatures()) { scene in
            #expect(try await scene.owner.text("repositories_list").hasPrefix("notes (default)"))
            let features = try await scene.owner.text("spec_status", ["repository": "notes"])
            #expect(features.contains("001-login in notes") && features.contains("specs/001-login/spec.md"))
            let thread = try await scene.owner.caller.newThread()
            try await scene.harness.bridge.store.write { ledger in
                guard var session = try ledger.session(id: thread) else { return }
                session.feature = "001-a"
                try ledger.update(session)
            }
            let spec = try await scene.owner.text("spec_status", ["thread_id": .string(thread)])
            #expect(spec.contains("Stages: specify done, tasks missing") && spec.contains("- Which?"))
            #expect(spec.contains("- [x] T001 Do"))
            #expect(try await !scene.owner.refusal("diff_read", ["thread_id": .string(thread)]).isEmpty)
        }
    }

    @Test("resources and prompts")
    func resources() async throws {
        try await MCPScene.run { scene in
            let client = scene.owner
            _ = try await client.text("thread_post", ["text": "Say hello"])
            let items = try await client.result("resources/list")["resources"]?.arrayValue ?? []
            let uris = items.compactMap { $0["uri"]?.stringValue }
            #expect(uris.first == "jetbridge://threads" && uris.contains("jetbridge://tasks/notes"))
            #expect(uris.contains("jetbridge://document/notes/docs/Guide.md"))
            for uri in uris + ["jetbridge://spec/notes/001-login"] {
                let content = try await client.result("resources/read", ["uri": .string(uri)])["contents"]?[0]
                #expect(
                    content?["uri"]?.stringValue == uri && content?["text"]?.stringValue?.isEmpty == false, "\(uri)")
            }
            for uri in ["jetbridge://thread/t_no", "jetbridge://", "file:///etc/passwd", "jetbridge://document/notes"] {
                let request = client.message("resources/read", ["uri": .string(uri)])
                let answer = try await client.send(request).expect(200)
                expectEqual(answer["error"]?["code"], -32_602, uri)
            }
            try await expectEqual(
                client.result("resources/templates/list")["resourceTemplates"]?.arrayValue?.count, 4)
            let prompts = try await client.result("prompts/list")["prompts"]?.arrayValue
            expectEqual(prompts?.compactMap { $0["name"]?.stringValue }, ["specify", "review"])
            let arguments: JSON = ["description": "A login", "repository": "notes"]
            let prompt = try await client.result("prompts/get", ["name": "specify", "arguments": arguments])
            let text = prompt["messages"]?[0]?["content"]?["text"]?.stringValue ?? ""
            #expect(text.contains("A login") && text.contains("/repo notes"))
            let missing = client.message("prompts/get", ["name": "review"])
            try await expectEqual(client.send(missing).expect(200)["error"]?["code"], -32_602)
        }
    }
}
