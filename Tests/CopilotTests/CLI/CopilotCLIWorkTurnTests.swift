import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Suite("A turn of the Copilot CLI that works")
struct CopilotCLIWorkTurnTests {
    private static func request(isResumed: Bool = false) -> CopilotCLIRequest {
        CopilotCLIRequest(
            session: "jb-1", isResumed: isResumed, model: "gpt-x", provider: .account(Secret("gho_x")),
            instructions: "Be careful.", prompt: "And now?", fullPrompt: "Everything. And now?",
            purpose: .work(tools: [], excluded: ["grep"]), directory: "/workspace")
    }

    /// A turn whose message the CLI has begun with.
    private func working() -> CopilotCLITurn {
        var state = CopilotCLITurn(Self.request())
        _ = state.start()
        _ = state.receive(.answered(.create, .success([:])))
        _ = state.receive(.answered(.options, .success([:])))
        _ = state.receive(Self.event("user.message"))
        return state
    }

    private static func event(_ type: String, _ data: JSON = [:]) -> CopilotCLITurn.Input {
        .event(["type": .string(type), "data": data])
    }

    private static func begin(_ id: String, _ tool: String, _ arguments: JSON) -> CopilotCLITurn.Input {
        self.event(
            "tool.execution_start",
            ["toolCallId": .string(id), "toolName": .string(tool), "arguments": arguments])
    }

    private static func ask(_ request: String, _ permission: JSON, prompt: String = "commands")
        -> CopilotCLITurn.Input
    {
        self.event(
            "permission.requested",
            [
                "requestId": .string(request), "permissionRequest": permission,
                "promptRequest": ["kind": .string(prompt)],
            ])
    }

    private static func shell(_ command: String, call: String = "c1") -> JSON {
        ["kind": "shell", "toolCallId": .string(call), "fullCommandText": .string(command)]
    }

    private static func result(_ id: String, isSuccess: Bool = true) -> CopilotCLITurn.Input {
        self.event(
            "tool.execution_complete",
            ["toolCallId": .string(id), "success": .bool(isSuccess), "result": ["content": "x"]])
    }

    private func asks(_ actions: [CopilotCLITurn.Action]) -> [CopilotCLIAsk] {
        actions.compactMap { if case .ask(let ask) = $0 { ask } else { nil } }
    }

    /// The answers to requests for permission: their ids and kinds.
    private func answers(_ actions: [CopilotCLITurn.Action]) -> [String] {
        actions.compactMap { action in
            guard case .call(_, "session.permissions.handlePendingPermissionRequest", let parameters) = action else {
                return nil
            }
            return "\(parameters["requestId"]?.stringValue ?? "") \(parameters["result"]?["kind"]?.stringValue ?? "")"
        }
    }

    private func failure(_ actions: [CopilotCLITurn.Action]) -> ModelError? {
        for case .end(let error) in actions { return error }
        return nil
    }

    // MARK: The beginning

    @Test("a session is made without hooks, instruction files and tools that nobody is asked about")
    func options() throws {
        var state = CopilotCLITurn(Self.request())
        guard case .call(.create, "session.create", let creation)? = state.start().first else {
            Issue.record("nothing is created")
            return
        }
        #expect(creation["enableFileHooks"] == false && creation["requestPermission"] == true)
        let excluded = creation["excludedTools"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(Set(excluded).isSuperset(of: ["write_bash", "task", "sql", "session_store_sql", "skill", "grep"]))
        #expect(creation["gitHubToken"] == "gho_x" && creation["availableTools"] == nil)
        expectEqual(creation["systemMessage"], ["mode": "append", "content": "Be careful."])
        expectEqual(creation["continuePendingWork"], nil)
        guard
            case .call(.options, "session.options.update", let options)? = state.receive(
                .answered(.create, .success([:]))
            ).first
        else {
            Issue.record("the options are not set")
            return
        }
        #expect(options["skipCustomInstructions"] == true && options["enableScriptSafety"] == false)
        #expect(options["installedPlugins"] == [] && options["customAgentsLocalOnly"] == true)
        let sending = state.receive(.answered(.options, .success([:])))
        expectEqual(
            sending,
            [
                .call(
                    .send, method: "session.send",
                    ["sessionId": "jb-1", "prompt": "Everything. And now?", "mode": "enqueue"])
            ])
    }

    @Test("without its options a session gets no message")
    func noOptions() {
        var state = CopilotCLITurn(Self.request())
        _ = state.start()
        _ = state.receive(.answered(.create, .success([:])))
        let actions = state.receive(
            .answered(.options, .failure(JSONRPCError(code: -32601, message: "no such method"))))
        #expect(actions.count == 1 && self.failure(actions) != nil)
    }

    @Test("a session that exists is resumed and gets only what is new; what was undecided in it is dropped")
    func resumed() {
        var state = CopilotCLITurn(Self.request(isResumed: true))
        guard case .call(.resume, "session.resume", _)? = state.start().first else {
            Issue.record("nothing is resumed")
            return
        }
        _ = state.receive(.answered(.resume, .success([:])))
        guard case .call(.pending, _, _)? = state.receive(.answered(.options, .success([:]))).first else {
            Issue.record("nobody looks for undecided requests")
            return
        }
        let actions = state.receive(.answered(.pending, .success(["items": [["requestId": "old"]]])))
        expectEqual(actions.first, .call(.other, method: "session.abort", ["sessionId": "jb-1"]))
        expectEqual(
            actions.last,
            .call(
                .send, method: "session.send", ["sessionId": "jb-1", "prompt": "And now?", "mode": "enqueue"]))
        expectEqual(state.receive(.answered(.send, .success([:]))), [.emit(.began(isNew: false))])
    }

    @Test("a session that is missing is made anew, with the whole conversation")
    func missing() {
        var state = CopilotCLITurn(Self.request(isResumed: true))
        _ = state.start()
        let error = JSONRPCError(
            code: -32603, message: "Request session.resume failed with message: Session not found: jb-1")
        guard case .call(.create, _, _)? = state.receive(.answered(.resume, .failure(error))).first else {
            Issue.record("nothing is created")
            return
        }
        _ = state.receive(.answered(.create, .success([:])))
        guard case .call(.send, _, let sending)? = state.receive(.answered(.options, .success([:]))).first else {
            Issue.record("nothing is sent")
            return
        }
        expectEqual(sending["prompt"], "Everything. And now?")
    }

    @Test("a session that cannot be resumed for another reason is not overwritten")
    func broken() {
        var state = CopilotCLITurn(Self.request(isResumed: true))
        _ = state.start()
        let actions = state.receive(.answered(.resume, .failure(JSONRPCError(code: -32603, message: "disk full"))))
        #expect(actions.count == 1 && self.failure(actions) != nil)
    }

    // MARK: Permissions

    @Test("a command that is asked about for its path, its address and itself is one question")
    func oneQuestion() {
        var state = self.working()
        let command = "cat /etc/hostname; curl http://example.org/x"
        _ = state.receive(Self.begin("c1", "bash", ["command": .string(command)]))
        let first = self.asks(state.receive(Self.ask("r1", Self.shell(command), prompt: "path")))
        expectEqual(first, [CopilotCLIAsk(toolCallID: "c1", tool: "bash", subject: .command(command))])
        let address: JSON = ["kind": "url", "toolCallId": "c1", "url": "http://example.org/x"]
        #expect(state.receive(Self.ask("r2", address, prompt: "url")).isEmpty)
        #expect(state.isWaitingForUs)
        expectEqual(self.answers(state.receive(.decided(first[0], .approve))), ["r1 approve-once", "r2 approve-once"])
        expectEqual(self.answers(state.receive(Self.ask("r3", Self.shell(command)))), ["r3 approve-once"])
        #expect(!state.isWaitingForUs)
    }

    @Test("a refused call is refused where the model reads the reason: not for its path, but for itself")
    func partial() {
        var state = self.working()
        _ = state.receive(Self.begin("c1", "view", ["path": "/etc/passwd"]))
        let permission: JSON = ["kind": "read", "toolCallId": "c1", "path": "/etc/passwd"]
        let ask = self.asks(state.receive(Self.ask("r1", permission, prompt: "path")))[0]
        expectEqual(self.answers(state.receive(.decided(ask, .reject("No.")))), ["r1 approve-once"])
        expectEqual(self.answers(state.receive(Self.ask("r2", permission, prompt: "read"))), ["r2 reject"])
    }

    @Test("a command that ran when only its path was answered ends the turn")
    func partialOnly() {
        var state = self.working()
        _ = state.receive(Self.begin("c1", "bash", ["command": "ls /"]))
        let ask = self.asks(state.receive(Self.ask("r1", Self.shell("ls /"), prompt: "path")))[0]
        _ = state.receive(.decided(ask, .approve))
        expectEqual(self.failure(state.receive(Self.result("c1")))?.code, .refused)
    }

    @Test("an approval covers exactly what was asked about")
    func exact() {
        var state = self.working()
        _ = state.receive(Self.begin("c1", "bash", ["command": "ls"]))
        let ask = self.asks(state.receive(Self.ask("r1", Self.shell("ls"))))[0]
        _ = state.receive(.decided(ask, .approve))
        let other = self.asks(state.receive(Self.ask("r2", Self.shell("ls; rm -rf ."))))
        expectEqual(other.map(\.subject), [.command("ls; rm -rf .")])
    }

    @Test("a refusal gives the reason to the model, and a decision that comes again changes nothing")
    func refusal() {
        var state = self.working()
        _ = state.receive(Self.begin("c1", "bash", ["command": "ls"]))
        let ask = self.asks(state.receive(Self.ask("r1", Self.shell("ls"))))[0]
        guard case .call(_, _, let parameters)? = state.receive(.decided(ask, .reject("Not now."))).first else {
            Issue.record("nothing is answered")
            return
        }
        expectEqual(parameters["result"], ["kind": "reject", "feedback": "Not now."])
        #expect(state.receive(.decided(ask, .approve)).isEmpty)
    }

    @Test(
        "kinds that nobody can judge are asked about by name",
        arguments: ["mcp", "memory", "custom-tool", "hook", "extension-management", "new-kind"])
    func kinds(kind: String) {
        var state = self.working()
        let asks = self.asks(state.receive(Self.ask("r1", ["kind": .string(kind), "toolCallId": "c1"])))
        expectEqual(asks.map(\.subject), [.other(kind)])
    }

    @Test("a request that a hook has decided ends the turn")
    func hook() {
        var state = self.working()
        let actions = state.receive(
            Self.event(
                "permission.requested",
                ["requestId": "r1", "resolvedByHook": true, "permissionRequest": Self.shell("ls")]))
        expectEqual(self.failure(actions)?.code, .refused)
        #expect(state.receive(Self.event("session.idle")).isEmpty)
    }

    @Test("an approval that is not ours ends the turn")
    func foreign() {
        var state = self.working()
        let actions = state.receive(
            Self.event("permission.completed", ["requestId": "r1", "result": ["kind": "approved-for-session"]]))
        expectEqual(self.failure(actions)?.code, .refused)
    }

    @Test("a change without a question ends the turn", arguments: ["bash", "edit", "create", "write_bash"])
    func ungated(tool: String) {
        var state = self.working()
        _ = state.receive(Self.begin("c1", tool, [:]))
        expectEqual(self.failure(state.receive(Self.result("c1")))?.code, .refused)
    }

    @Test("a change that failed before it was asked about is a result like any other")
    func early() {
        var state = self.working()
        _ = state.receive(Self.begin("c1", "edit", [:]))
        let actions = state.receive(Self.result("c1", isSuccess: false))
        #expect(actions.count == 1 && self.failure(actions) == nil)
    }

    // MARK: Too much

    @Test(
        "more calls, questions or calls of our tools than a model makes at once end the turn",
        arguments: ["calls", "questions", "requests", "approvals", "tools"])
    func tooMany(kind: String) {
        var state = self.working()
        func open(_ number: Int) -> [CopilotCLITurn.Action] {
            switch kind {
            case "calls": return state.receive(Self.begin("c\(number)", "view", ["path": "a"]))
            case "questions": return state.receive(Self.ask("r\(number)", Self.shell("ls \(number)")))
            case "requests": return state.receive(Self.ask("r\(number)", Self.shell("ls")))
            case "approvals":
                let actions = state.receive(Self.ask("r\(number)", Self.shell("ls", call: "c\(number)")))
                for ask in self.asks(actions) { _ = state.receive(.decided(ask, .approve)) }
                return actions
            default:
                return state.receive(
                    Self.event("external_tool.requested", ["requestId": .string("e\(number)"), "toolName": "commit"]))
            }
        }
        for number in 0..<CopilotCLITurn.limit { #expect(self.failure(open(number)) == nil, "\(number)") }
        // An approval is noted after its request.
        let further = [open(-1), open(-2)]
        expectEqual(further.compactMap { self.failure($0)?.code }, [.interrupted])
    }

    @Test("files that wait for a decision together end the turn when they are too large, and decided ones do not")
    func tooLarge() {
        let content = String(repeating: "a", count: 8 << 20)
        func write(_ path: String) -> CopilotCLITurn.Input {
            Self.ask(
                path,
                [
                    "kind": "write", "toolCallId": "c1", "fileName": .string(path),
                    "newFileContents": .string(content),
                ])
        }
        var state = self.working()
        for path in ["a", "b", "c"] { #expect(self.failure(state.receive(write(path))) == nil) }
        expectEqual(self.failure(state.receive(write("d")))?.code, .interrupted)
        var other = self.working()
        for path in ["a", "b", "c", "d", "e"] {
            for ask in self.asks(other.receive(write(path))) { _ = other.receive(.decided(ask, .approve)) }
        }
        #expect(self.asks(other.receive(write("e"))).isEmpty, "it is answered as before")
        expectEqual(self.asks(other.receive(write("a"))).count, 1, "it was forgotten")
    }

    @Test("what was decided longest ago in a long turn is forgotten and asked again, and approvals stay ours")
    func manyDecided() {
        var state = self.working()
        for number in 0..<3_000 {
            let asks = self.asks(state.receive(Self.ask("r\(number)", Self.shell("ls \(number)"))))
            expectEqual(asks.count, 1)
            for ask in asks { _ = state.receive(.decided(ask, .approve)) }
        }
        expectEqual(self.answers(state.receive(Self.ask("again", Self.shell("ls 2999")))), ["again approve-once"])
        expectEqual(self.asks(state.receive(Self.ask("first", Self.shell("ls 0")))).count, 1)
        for request in ["r2000", "r2999"] {
            let report = Self.event(
                "permission.completed", ["requestId": .string(request), "result": ["kind": "approved"]])
            #expect(state.receive(report).isEmpty)
        }
    }

    // MARK: Results, text and the end

    @Test(
        "the status of a command is in its output's last line",
        arguments: [
            ("vm\n<exited with exit code 3>", 3), ("<exited with exit code 1>\n<exited with exit code 0>", 0),
            ("still running", nil),
        ])
    func status(text: String, status: Int?) {
        let result = CopilotCLIEvent.Result(id: "c1", tool: "bash", isSuccess: true, code: nil, text: text)
        expectEqual(result.exitStatus, status)
        let other = CopilotCLIEvent.Result(id: "c1", tool: "view", isSuccess: true, code: nil, text: text)
        expectEqual(other.exitStatus, nil)
    }

    @Test("our own tools are run and answered by us")
    func ownTool() {
        var state = self.working()
        let actions = state.receive(
            Self.event(
                "external_tool.requested",
                ["requestId": "e1", "toolCallId": "c1", "toolName": "commit", "arguments": ["message": "Fix"]]))
        guard case .run(let call)? = actions.first else {
            Issue.record("nothing is run")
            return
        }
        #expect(call.name == "commit" && call.arguments == ["message": "Fix"])
        #expect(state.isWaitingForUs)
        guard
            case .call(_, "session.tools.handlePendingToolCall", let parameters)? =
                state.receive(.called(requestID: "e1", CopilotCLIToolAnswer(.denied, "No."))).first
        else {
            Issue.record("nothing is answered")
            return
        }
        expectEqual(parameters["result"], ["textResultForLlm": "No.", "resultType": "denied", "error": "No."])
        #expect(state.receive(.called(requestID: "e1", CopilotCLIToolAnswer(.success, "Late."))).isEmpty)
    }

    @Test("texts of several answers are paragraphs, and calls are reported with them")
    func texts() {
        var state = self.working()
        var text = ""
        var calls: [String] = []
        let messages: [(String, JSON)] = [
            ("I look.", [["toolCallId": "c1", "name": "view", "arguments": ["path": "a"]]]), ("", []), ("Done.", []),
        ]
        for (content, requests) in messages {
            let data: JSON = ["messageId": "m", "content": .string(content), "toolRequests": requests]
            for action in state.receive(Self.event("assistant.message", data)) {
                if case .emit(.text(let piece)) = action { text += piece }
                if case .emit(.answered(_, let made)) = action { calls += made.map(\.tool) }
            }
        }
        #expect(text == "I look.\n\nDone." && calls == ["view"])
        expectEqual(state.receive(Self.event("session.idle")), [.end(nil)])
    }

    @Test("words that are on their way keep the turn from ending")
    func steering() {
        var state = self.working()
        let actions = state.receive(.steered("Ada says: faster"))
        expectEqual(
            actions,
            [
                .call(
                    .steer, method: "session.send",
                    ["sessionId": "jb-1", "prompt": "Ada says: faster", "mode": "immediate"])
            ])
        #expect(state.receive(Self.event("session.idle")).isEmpty)
        _ = state.receive(Self.event("user.message"))
        expectEqual(state.receive(Self.event("session.idle")), [.end(nil)])
    }

    @Test("words that the CLI does not take end the turn with an error")
    func refusedSteering() {
        var state = self.working()
        _ = state.receive(.steered("Ada says: faster"))
        #expect(state.receive(Self.event("session.idle")).isEmpty)
        let actions = state.receive(.answered(.steer, .failure(JSONRPCError(code: -32603, message: "too late"))))
        expectEqual(self.failure(actions)?.message.contains("too late"), true)
    }

    @Test("words that came in the last moment continue a turn that has ended")
    func lateSteering() {
        var state = self.working()
        _ = state.receive(Self.event("assistant.message", ["messageId": "m", "content": "Done."]))
        expectEqual(state.receive(Self.event("session.idle")), [.end(nil)])
        expectEqual(
            state.continue(with: ["Ada says: more"]),
            [
                .call(
                    .steer, method: "session.send",
                    ["sessionId": "jb-1", "prompt": "Ada says: more", "mode": "enqueue"])
            ])
        #expect(state.receive(Self.event("session.idle")).isEmpty)
        _ = state.receive(Self.event("user.message"))
        let more = state.receive(Self.event("assistant.message", ["messageId": "n", "content": "More."]))
        expectEqual(more.first, .emit(.text("\n\nMore.")))
        expectEqual(state.receive(Self.event("session.idle")), [.end(nil)])
    }

    @Test("words from before the first message follow it")
    func earlySteering() {
        var state = CopilotCLITurn(Self.request())
        _ = state.start()
        #expect(state.receive(.steered("Ada says: wait")).isEmpty)
        _ = state.receive(.answered(.create, .success([:])))
        #expect(state.receive(.steered("Ada says: faster")).isEmpty)
        let sent = state.receive(.answered(.options, .success([:]))).compactMap { action -> String? in
            guard case .call(_, "session.send", let parameters) = action else { return nil }
            return parameters["mode"]?.stringValue
        }
        expectEqual(sent, ["enqueue", "immediate", "immediate"])
        for _ in 0..<2 { _ = state.receive(Self.event("user.message")) }
        #expect(state.receive(Self.event("session.idle")).isEmpty)
        _ = state.receive(Self.event("user.message"))
        expectEqual(state.receive(Self.event("session.idle")), [.end(nil)])
    }

    @Test(
        "a patch is a file's new content, and one that deletes or renames is no question for people",
        arguments: [
            ("*** Update File: a", false), ("*** Delete File: a", true), ("*** Update File: a\n*** Move to: b", true),
            ("*** Delete File\u{301}: a", true), ("***** Move to: b", true), ("** Delete File: a", false),
            ("*** Delete Fil", false), ("***\u{301} Move to: b", false),
        ])
    func patch(text: String, isRemoval: Bool) {
        for arguments: JSON in [
            .string("*** Begin Patch\n\(text)\n@@"), ["input": .string("*** Begin Patch\n\(text)\n@@")],
        ] {
            var state = self.working()
            _ = state.receive(Self.begin("c1", "apply_patch", arguments))
            let write: JSON = [
                "kind": "write", "toolCallId": "c1", "fileName": "/workspace/a", "newFileContents": "new",
            ]
            let ask = self.asks(state.receive(Self.ask("r1", write)))[0]
            expectEqual(ask.subject, isRemoval ? .removal : .write(path: "/workspace/a", content: "new"))
        }
        // One that nobody approved ends the turn.
        var state = self.working()
        _ = state.receive(Self.begin("c1", "apply_patch", .string(text)))
        expectEqual(self.failure(state.receive(Self.result("c1")))?.code, .refused)
    }

    @Test("an error ends the turn when the CLI is idle again, and an abort is not a success")
    func errors() {
        var state = self.working()
        #expect(state.receive(Self.event("session.error", ["errorType": "query", "message": "boom"])).isEmpty)
        #expect(self.failure(state.receive(Self.event("session.idle"))) != nil)
        var other = self.working()
        expectEqual(self.failure(other.receive(Self.event("session.idle", ["aborted": true])))?.code, .interrupted)
    }
}
