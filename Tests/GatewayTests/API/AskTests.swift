import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Asks over HTTP", .timeLimit(.minutes(1)))
struct AskTests {
    private static func request(_ approver: ApprovalRequest.Approver) -> ApprovalRequest {
        ApprovalRequest(
            action: .run, subject: "make test\n\n  # \u{202E}x", directory: "/workspace", tool: "run",
            approver: approver)
    }

    private static func worker(_ approver: ApprovalRequest.Approver) -> StepWorker {
        StepWorker([.approval(Self.request(approver))])
    }

    /// The open asks of a thread, once there is one.
    private static func asks(_ caller: Caller, _ thread: String) async throws -> JSON {
        var list = JSON.null
        try await eventually("the thread has an open ask") {
            list = try await caller.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)
            return list["items"]?.arrayValue?.isEmpty == false
        }
        return list
    }

    private static func answer(_ caller: Caller, _ id: String, _ body: JSON) async throws -> Caller.Answer {
        try await caller.send(.post, "/api/v1/asks/\(id)", json: body)
    }

    @Test("an open ask is listed whole, and the first answer of somebody who may give it decides")
    func decide() async throws {
        try await GatewayHarness.run(worker: Self.worker(.ownersOnly)) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            let list = try await Self.asks(member, thread)
            let item = try #require(list["items"]?[0])
            #expect(item["id"] == "a1" && item["kind"] == "approval")
            expectEqual(item["options"]?.arrayValue?.compactMap { $0["key"]?.stringValue }, ["A", "B", "C"])
            let text = item["text"]?.stringValue ?? ""
            #expect(text.hasPrefix("Approval `a1`: bob wants to run\n```\nmake test\n\n  # <U+202E>x\n```\n"))
            #expect(text.hasSuffix("`/approve a1` or `/deny a1 REASON`."))
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let validator = SchemaValidator(document: document)
            expectEqual(validator.mistakes(in: list, method: "get", path: "/api/v1/threads/{id}/asks", status: 200), [])
            let owner = try await harness.token(.chat)
            let guest = try await harness.signedIn(.guest, name: "gina")
            try await expectEqual(Self.answer(member, "a1", ["answer": "A"]).status, 403)
            // Whoever cannot see the thread does not learn that there is an ask, or what its answers are.
            for body: JSON in [["answer": "A"], ["answer": "Z"], [:]] {
                let hidden = try await Self.answer(guest, "a1", body)
                let unknown = try await Self.answer(guest, "a9", body)
                #expect(hidden.status == 404 && hidden.json == unknown.json)
            }
            try await expectEqual(Self.answer(harness.anybody, "a1", ["answer": "A"]).status, 401)
            try await expectEqual(Self.answer(owner, "a2", ["answer": "A"]).status, 404)
            try await expectEqual(Self.answer(owner, "a1", ["answer": "Z"]).status, 422)
            try await expectEqual(Self.answer(owner, "a1", [:]).status, 422)
            try await expectEqual(Self.answer(owner, "a1", ["answer": 1]).status, 422)
            let decision = try await Self.answer(owner, "a1", ["answer": "C", "text": "not now"]).expect(200)
            expectEqual(decision["outcome"], "Denied by test: not now")
            expectEqual(validator.mistakes(in: decision, method: "post", path: "/api/v1/asks/{id}", status: 200), [])
            try await expectEqual(Self.answer(owner, "a1", ["answer": "A"]).status, 409)
            _ = try await member.ended(operation)
            try await expectEqual(member.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)["items"], .array([]))
        }
    }

    @Test("the asks of all threads are listed for those who may answer them, and a thread says that it waits")
    func waiting() async throws {
        try await GatewayHarness.run(worker: Self.worker(.ownersOnly)) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            _ = try await member.write("go", to: thread)
            let own = try await Self.asks(member, thread)
            expectEqual(own["items"]?[0]?["can_answer"], false)
            expectEqual(own["items"]?[0]?["waits_for"], "an owner")
            try await expectEqual(member.send(.get, "/api/v1/asks").expect(200)["items"], .array([]))
            try await expectEqual(member.send(.get, "/api/v1/threads/\(thread)").expect(200)["waiting"], true)
            let owner = try await harness.token(.chat)
            let list = try await owner.send(.get, "/api/v1/asks").expect(200)
            let item = try #require(list["items"]?[0])
            #expect(item["id"] == "a1" && item["thread_id"] == .string(thread) && item["title"] == "go")
            #expect(item["asked_by"] == "bob" && item["can_answer"] == true)
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let validator = SchemaValidator(document: document)
            expectEqual(validator.mistakes(in: list, method: "get", path: "/api/v1/asks", status: 200), [])
            let reader = try await harness.token(.read)
            try await expectEqual(reader.send(.get, "/api/v1/asks").expect(200)["items"], .array([]))
            harness.advance(by: 1_800_000)
            try await expectEqual(owner.send(.get, "/api/v1/asks").expect(200)["items"], .array([]))
            try await expectEqual(member.send(.get, "/api/v1/threads/\(thread)").expect(200)["waiting"], false)
        }
    }

    @Test("the transcript says how much of the answer was written when an ask arose")
    func place() async throws {
        let worker = StepWorker([
            .event(.text("Bücher 📚 first.")), .approval(Self.request(.requester)), .event(.text(" Then more.")),
        ])
        try await GatewayHarness.run(worker: worker) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            _ = try await Self.asks(member, thread)
            _ = try await Self.answer(member, "a1", ["answer": "A"]).expect(200)
            _ = try await member.ended(operation)
            let page = try await member.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let items = try #require(page["items"]?.arrayValue)
            let ask = try #require(items.first { $0["text"]?.stringValue?.hasPrefix("Approval `a1`") == true })
            expectEqual(ask["place"], .integer(Int64("Bücher 📚 first.".utf16.count)))
            #expect(items.allSatisfy { $0 == ask || $0["place"] == .null })
        }
    }

    @Test("an answer after the time is 410")
    func expired() async throws {
        try await GatewayHarness.run(worker: Self.worker(.ownersOnly)) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            _ = try await member.write("go", to: thread)
            _ = try await Self.asks(member, thread)
            harness.advance(by: 1_800_000)
            let owner = try await harness.token(.chat)
            try await expectEqual(Self.answer(owner, "a1", ["answer": "A"]).status, 410)
            try await expectEqual(Self.answer(owner, "a1", ["answer": "A"]).status, 410)
        }
    }

    @Test("what the model wants is approved by the person who asked, also in words on the web page")
    func requester() async throws {
        try await GatewayHarness.run(worker: Self.worker(.requester)) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            _ = try await Self.asks(member, thread)
            let other = try await harness.signedIn(.member, name: "mia")
            try await expectEqual(Self.answer(other, "a1", ["answer": "A"]).status, 404)
            let said = try await member.write("yes", to: thread)
            try await expectEqual(member.ended(operation)["state"], "complete")
            try await expectEqual(member.ended(said)["kind"], "command")
        }
    }

    @Test("the stop button closes it")
    func stopped() async throws {
        try await GatewayHarness.run(worker: Self.worker(.requester)) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await member.newThread()
            let operation = try await member.write("go", to: thread)
            _ = try await Self.asks(member, thread)
            _ = try await member.send(.post, "/api/v1/operations/\(operation)/stop").expect(202)
            let answer = try await Self.answer(member, "a1", ["answer": "A"])
            expectEqual(answer.status, 409)
            expectEqual(answer.json["detail"]?.stringValue?.contains("Denied by bob: stopped"), true)
        }
    }
}
