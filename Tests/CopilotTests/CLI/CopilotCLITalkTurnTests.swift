import HTTP
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Suite("A turn of the Copilot CLI that talks")
struct CopilotCLITalkTurnTests {
    private static let request = CopilotCLIRequest(
        session: "jb-1", model: "gpt-x", provider: .account(nil), instructions: "Be brief.", fullPrompt: "Hello?",
        purpose: .talk, directory: "/work")

    /// A turn whose prompt the CLI has begun.
    private func underWay() -> CopilotCLITurn {
        var turn = CopilotCLITurn(Self.request)
        _ = turn.start()
        _ = turn.receive(.answered(.create, .success([:])))
        _ = turn.receive(Self.event("user.message"))
        return turn
    }

    private static func event(_ type: String, _ data: JSON = [:], agent: JSON? = nil) -> CopilotCLITurn.Input {
        var event: JSONObject = ["type": .string(type), "data": data]
        event["agentId"] = agent
        return .event(.object(event))
    }

    private static func delta(_ text: String, id: String = "m1") -> CopilotCLITurn.Input {
        self.event("assistant.message_delta", ["messageId": .string(id), "deltaContent": .string(text)])
    }

    private static func message(_ text: String, tools: [JSON] = []) -> CopilotCLITurn.Input {
        self.event("assistant.message", ["messageId": "m1", "content": .string(text), "toolRequests": .array(tools)])
    }

    private static let retry = event("session.info", ["infoType": "model_retry", "message": "Retrying..."])
    private static let idle = event("session.idle")

    private func text(_ actions: [CopilotCLITurn.Action]) -> String {
        actions.reduce(into: "") { text, action in if case .emit(.text(let piece)) = action { text += piece } }
    }

    @Test("a session for a chat and nothing else is created, and then prompted")
    func calls() throws {
        var turn = CopilotCLITurn(Self.request)
        guard case .call(.create, "session.create", let creation)? = turn.start().first else {
            Issue.record("nothing is created")
            return
        }
        #expect(creation["sessionId"] == "jb-1" && creation["model"] == "gpt-x" && creation["streaming"] == true)
        #expect(creation["availableTools"] == [] && creation["skipCustomInstructions"] == true)
        expectEqual(creation["systemMessage"], ["mode": "replace", "content": "Be brief."])
        #expect(creation["infiniteSessions"] == ["enabled": false] && creation["provider"] == nil)
        #expect(creation["gitHubToken"] == nil && creation["tools"] == nil)
        let next = turn.receive(.answered(.create, .success([:])))
        expectEqual(
            next,
            [
                .call(.send, method: "session.send", ["sessionId": "jb-1", "prompt": "Hello?", "mode": "enqueue"])
            ])
    }

    @Test("your own key goes with the session")
    func ownKey() throws {
        let endpoint = CopilotCLIEndpoint(baseURL: try HTTPURL("http://127.0.0.1:1/v1"), apiKey: Secret("k"))
        let request = CopilotCLIRequest(
            session: "s", model: "m", provider: .endpoint(endpoint), instructions: "", fullPrompt: "Hi",
            purpose: .talk, directory: "/")
        let action = try #require(CopilotCLITurn(request).start().first)
        let creation: JSON? = if case .call(_, _, let parameters) = action { parameters } else { nil }
        expectEqual(
            creation?["provider"],
            [
                "type": "openai", "wireApi": "completions", "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "k",
            ])
        expectEqual(creation?["systemMessage"]?["content"], "You are an assistant in a chat.")
    }

    @Test("deltas, tokens and the end; the complete message adds only what is missing")
    func answer() {
        var turn = self.underWay()
        expectEqual(turn.receive(Self.delta("Hel")), [.emit(.text("Hel"))])
        expectEqual(turn.receive(Self.delta("lo")), [.emit(.text("lo"))])
        let usage = Self.event("assistant.usage", ["inputTokens": 5, "outputTokens": 3])
        expectEqual(turn.receive(usage), [.emit(.usage(TokenUsage(input: 5, output: 3)))])
        _ = turn.receive(usage)
        expectEqual(turn.usage, TokenUsage(input: 10, output: 6))
        expectEqual(
            turn.receive(Self.message("Hello.")), [.emit(.text(".")), .emit(.answered(text: "Hello.", calls: []))])
        expectEqual(turn.receive(Self.idle), [.end(nil)])
        expectEqual(turn.finishReason, .stop)
        #expect(turn.receive(Self.delta("late")).isEmpty)
    }

    @Test("a message without deltas is shown completely")
    func withoutDeltas() {
        var turn = self.underWay()
        expectEqual(self.text(turn.receive(Self.message("All at once"))), "All at once")
    }

    @Test("the end may precede the answer to session.send, but not the start of the prompt")
    func order() {
        var turn = CopilotCLITurn(Self.request)
        _ = turn.start()
        _ = turn.receive(.answered(.create, .success([:])))
        #expect(turn.receive(Self.idle).isEmpty)
        _ = turn.receive(Self.event("user.message"))
        _ = turn.receive(Self.message("Hi"))
        expectEqual(turn.receive(Self.idle).last, .end(nil))
        #expect(turn.receive(.answered(.send, .success([:]))).isEmpty)
    }

    @Test("a new draft with the same text continues where the old one stopped", arguments: ["m1", "m2"])
    func sameDraft(id: String) {
        var turn = self.underWay()
        expectEqual(self.text(turn.receive(Self.delta("Hello th"))), "Hello th")
        #expect(turn.receive(Self.retry).isEmpty)
        if id != "m1" { _ = turn.receive(Self.event("assistant.message_start", ["messageId": .string(id)])) }
        #expect(turn.receive(Self.delta("Hel", id: id)).isEmpty)
        expectEqual(self.text(turn.receive(Self.delta("lo there", id: id))), "ere")
        expectEqual(self.text(turn.receive(Self.message("Hello there"))), "")
        expectEqual(turn.receive(Self.idle).last, .end(nil))
    }

    @Test("a new draft with different text interrupts the answer")
    func otherDraft() {
        var turn = self.underWay()
        _ = turn.receive(Self.delta("Hello"))
        _ = turn.receive(Self.retry)
        guard case .end(let error?)? = turn.receive(Self.delta("Good day")).last else {
            Issue.record("the turn did not end")
            return
        }
        expectEqual(error.code, .interrupted)
    }

    @Test("a draft that restarted unannounced is detected at its end")
    func unannounced() {
        var turn = self.underWay()
        _ = turn.receive(Self.delta("Hello "))
        _ = turn.receive(Self.delta("Hello there"))
        guard case .end(.some)? = turn.receive(Self.message("Hello there")).last else {
            Issue.record("the turn did not end")
            return
        }
    }

    @Test("a split grapheme or trimmed white space is not a difference")
    func graphemes() {
        var turn = self.underWay()
        expectEqual(self.text(turn.receive(Self.delta("e"))), "e")
        expectEqual(self.text(turn.receive(Self.delta("\u{301}x\n"))), "\u{301}x\n")
        expectEqual(self.text(turn.receive(Self.message("e\u{301}x"))), "")
        expectEqual(turn.receive(Self.idle).last, .end(nil))
    }

    @Test("a retry is reported before the first word, but not after it")
    func retries() {
        var turn = self.underWay()
        guard case .emit(.waiting(let notice))? = turn.receive(Self.retry).first else {
            Issue.record("not told")
            return
        }
        expectEqual(notice.attempt, 2)
        _ = turn.receive(Self.delta("Hello"))
        #expect(turn.receive(Self.retry).isEmpty)
    }

    @Test("an error is reported at the end of the session, with the tokens used")
    func failure() {
        var turn = self.underWay()
        #expect(
            turn.receive(
                Self.event("session.error", ["errorType": "rate_limit", "message": "slow", "statusCode": 429])
            )
            .isEmpty)
        guard case .end(let error?)? = turn.receive(Self.idle).last else {
            Issue.record("a success")
            return
        }
        #expect(error.code == .rateLimited && error.status == 429)
    }

    @Test("an aborted session is a failure")
    func aborted() {
        var turn = self.underWay()
        _ = turn.receive(Self.delta("Half"))
        guard case .end(let error?)? = turn.receive(Self.event("session.idle", ["aborted": true])).last else {
            Issue.record("a success")
            return
        }
        expectEqual(error.code, .interrupted)
    }

    @Test(
        "how an answer ended",
        arguments: [
            ("content_filter", FinishReason.contentFilter), ("length", .length), ("STOP", .stop),
            ("odd", .other("odd")),
        ])
    func finish(word: String, reason: FinishReason) {
        var turn = self.underWay()
        _ = turn.receive(Self.message("Text"))
        _ = turn.receive(Self.event("assistant.usage", ["finishReason": .string(word)]))
        #expect(turn.receive(Self.idle) == [.end(nil)] && turn.finishReason == reason)
    }

    @Test("the placeholder for a filtered answer is not shown")
    func filtered() {
        var turn = self.underWay()
        let words = "The model returned no content because the response was blocked by content filtering."
        expectEqual(turn.receive(Self.message(words)), [.emit(.answered(text: "", calls: []))])
        #expect(turn.receive(Self.idle) == [.end(nil)] && turn.finishReason == .contentFilter)
    }

    @Test("messages around a tool call are separated; those of a truncated answer are not")
    func severalMessages() {
        var turn = self.underWay()
        _ = turn.receive(Self.message("Let me see.", tools: [["name": "x"]]))
        expectEqual(self.text(turn.receive(Self.delta("Here"))), "\n\nHere")
        var cut = self.underWay()
        let text = ["One, ", "two, ", "three"].map { self.text(cut.receive(Self.message($0))) }.joined()
        expectEqual(text, "One, two, three")
        #expect(cut.receive(Self.idle) == [.end(nil)] && cut.finishReason == .length)
    }

    @Test("a sub-agent's text, end and tokens are ignored, but its requests are answered")
    func helpers() {
        var turn = self.underWay()
        #expect(turn.receive(Self.event("assistant.message", ["content": "psst"], agent: "a1")).isEmpty)
        #expect(turn.receive(Self.event("session.idle", [:], agent: "a1")).isEmpty)
        #expect(turn.receive(Self.event("assistant.message", ["content": "psst", "parentToolCallId": "t"])).isEmpty)
        let data: JSON = [
            "requestId": "p",
            "permissionRequest": ["kind": "write", "fileName": "/etc/passwd", "newFileContents": "x"],
        ]
        guard case .ask(let ask)? = turn.receive(Self.event("permission.requested", data, agent: "a1")).first
        else {
            Issue.record("not asked")
            return
        }
        #expect(ask.subject == .write(path: "/etc/passwd", content: "x") && turn.isWaitingForUs)
        expectEqual(
            turn.receive(.decided(ask, .reject("no"))),
            [
                .call(
                    .other, method: "session.permissions.handlePendingPermissionRequest",
                    [
                        "requestId": "p", "result": ["kind": "reject", "feedback": "no"], "sessionId": "jb-1",
                    ])
            ])
        #expect(!turn.isWaitingForUs)
    }

    @Test("questions and forms are declined", arguments: ["user_input.requested", "elicitation.requested"])
    func questions(type: String) {
        var turn = self.underWay()
        guard case .call(.other, let method, let data)? = turn.receive(Self.event(type, ["requestId": "q"])).first
        else {
            Issue.record("no answer")
            return
        }
        #expect(method.hasPrefix("session.ui.handlePending") && data["requestId"] == "q" && data["sessionId"] == "jb-1")
        #expect(turn.receive(Self.event(type)).isEmpty)
    }

    @Test(
        "a refused call ends the turn",
        arguments: [
            (
                "Request session.create failed with message: Model \"gpt-x\" is not available.",
                ModelError.Code.unknownModel
            ),
            ("Session was not created with authentication info or custom provider", .unauthorized),
            ("Something else", .refused),
        ])
    func refusedCalls(message: String, code: ModelError.Code) {
        for call in [CopilotCLITurn.Call.create, .send] {
            var turn = CopilotCLITurn(Self.request)
            _ = turn.start()
            let error = JSONRPCError(code: -32603, message: message)
            guard case .end(let failure?)? = turn.receive(.answered(call, .failure(error))).last else {
                Issue.record("the turn did not end")
                continue
            }
            expectEqual(failure.code, code)
        }
        var turn = self.underWay()
        #expect(turn.receive(.answered(.other, .failure(JSONRPCError(code: 0, message: "no")))).isEmpty)
    }

    @Test(
        "events of unknown types and shapes are skipped",
        arguments: [
            "[]", "{}", #"{"type":"new.thing"}"#, #"{"type":"assistant.message_delta"}"#, #"{"type":1,"data":[]}"#,
        ])
    func oddities(text: String) throws {
        var turn = self.underWay()
        #expect(turn.receive(.event(try JSON.parse(Array(text.utf8)))).isEmpty)
    }
}
