import Chat
import HTTP
import JSON
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Branches of a conversation", .timeLimit(.minutes(1)))
struct BranchTests {
    private func items(_ caller: Caller, _ thread: String, _ query: String = "") async throws -> [JSON] {
        try await caller.send(.get, "/api/v1/threads/\(thread)/messages\(query)").expect(200)["items"]?.arrayValue ?? []
    }

    private func texts(_ caller: Caller, _ thread: String, _ query: String = "") async throws -> [String] {
        try await self.items(caller, thread, query).filter { $0["role"] == "user" }.compactMap {
            $0["text"]?.stringValue
        }
    }

    /// Replaces a message and waits for the answer. Returns the operation, which is the branch's id.
    private func replace(_ message: JSON?, by text: String, in thread: String, _ caller: Caller) async throws -> String
    {
        let id = try #require(message?["id"]?.stringValue)
        let accepted = try await caller.send(
            .post, "/api/v1/threads/\(thread)/messages", json: ["text": .string(text), "replaces": .string(id)]
        ).expect(202)
        let operation = try #require(accepted["operation_id"]?.stringValue)
        _ = try await caller.ended(operation)
        return operation
    }

    private func conversation(_ caller: Caller, _ questions: String...) async throws -> String {
        let thread = try await caller.newThread()
        for question in questions { _ = try await caller.ended(try await caller.write(question, to: thread)) }
        return thread
    }

    private func show(_ branch: String, of thread: String, _ caller: Caller, _ status: Int = 200) async throws -> JSON {
        try await caller.send(.patch, "/api/v1/threads/\(thread)", json: ["branch": .string(branch)]).expect(status)
    }

    @Test("an edited message begins a branch, which the model alone sees; the other one stays and can be shown again")
    func edited() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(name: "Ada")
            let thread = try await self.conversation(caller, "one", "two", "three")
            let second = try await self.items(caller, thread).first { $0["text"] == "two" }
            expectEqual(second?["branch"], "main")
            expectEqual(second?["branches"], [])
            let branch = try await self.replace(second, by: "two, edited", in: thread, caller)
            expectEqual(harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one"])
            try await expectEqual(self.texts(caller, thread), ["one", "two, edited"])
            try await expectEqual(self.texts(caller, thread, "?branch=main"), ["one", "two", "three"])
            let versions: JSON = ["main", .string(branch)]
            let edited = try await self.items(caller, thread).first { $0["text"] == "two, edited" }
            expectEqual(edited?["branch"], .string(branch))
            expectEqual(edited?["branches"], versions)
            let old = try await self.items(caller, thread, "?branch=main&before=latest").first { $0["text"] == "two" }
            expectEqual(old?["branches"], versions)

            try await expectEqual(self.show("main", of: thread, caller)["branch"], "main")
            try await expectEqual(self.texts(caller, thread), ["one", "two", "three"])
            _ = try await caller.ended(try await caller.write("four", to: thread))
            expectEqual(
                harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one", "two", "three"])
            try await expectEqual(self.show(branch, of: thread, caller)["branch"], .string(branch))
            _ = try await caller.ended(try await caller.write("five", to: thread))
            expectEqual(
                harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one", "two, edited"])
            try await expectEqual(self.texts(caller, thread), ["one", "two, edited", "five"])
        }
    }

    @Test("a version of a version stands beside it, also of the first message, and branches begin in branches")
    func nested() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(name: "Ada")
            let thread = try await self.conversation(caller, "one", "two")
            let first = try await self.items(caller, thread).first
            let second = try await self.replace(first, by: "one again", in: thread, caller)
            #expect(harness.worker.requests.last?.history.isEmpty == true)
            let third = try await self.replace(
                try await self.items(caller, thread).first, by: "one once more", in: thread, caller)
            let versions = try await self.items(caller, thread).first?["branches"]
            expectEqual(versions, ["main", .string(second), .string(third)])
            _ = try await caller.ended(try await caller.write("then", to: thread))
            let then = try await self.items(caller, thread).first { $0["text"] == "then" }
            let inner = try await self.replace(then, by: "otherwise", in: thread, caller)
            expectEqual(
                harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one once more"])
            let otherwise = try await self.items(caller, thread).first { $0["text"] == "otherwise" }
            expectEqual(otherwise?["branches"], [.string(third), .string(inner)])
            _ = try await self.show(second, of: thread, caller)
            try await expectEqual(self.texts(caller, thread), ["one again"])
        }
    }

    @Test("the last `new` of a branch counts there, and in no other one")
    func startedOver() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(name: "Ada")
            let thread = try await self.conversation(caller, "one", "two", "/new", "three")
            let second = try await self.items(caller, thread).first { $0["text"] == "two" }
            _ = try await self.replace(second, by: "two, edited", in: thread, caller)
            expectEqual(harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["one"])
            _ = try await self.show("main", of: thread, caller)
            _ = try await caller.ended(try await caller.write("four", to: thread))
            expectEqual(harness.worker.requests.last?.history.filter { $0.role == .user }.map(\.text), ["three"])
        }
    }

    @Test("only one's own question is replaced, by whoever may write, and not while an answer runs")
    func refused() async throws {
        try await GatewayHarness.run(worker: StepWorker([.event(.text("fine"))], [.hold])) { harness in
            let caller = try await harness.signedIn(.member, name: "Ada")
            let thread = try await self.conversation(caller, "one")
            let path = "/api/v1/threads/\(thread)/messages"
            let items = try await self.items(caller, thread)
            let question = try #require(items.first?["id"])
            let body: JSON = ["text": "mine", "replaces": question]
            let owner = try await harness.signedIn(name: "Olga")
            let refusal = try await owner.send(.post, path, json: body).expect(403)
            #expect(refusal["detail"]?.stringValue?.hasPrefix("Ada wrote that message.") == true)
            let stranger = try await harness.signedIn(.member, name: "Bob")
            _ = try await stranger.send(.post, path, json: body).expect(404)
            _ = try await stranger.send(.patch, "/api/v1/threads/\(thread)", json: ["branch": "main"]).expect(404)
            let answer = try #require(items.last?["id"])
            _ = try await caller.send(.post, path, json: ["text": "x", "replaces": answer]).expect(422)
            _ = try await caller.send(.post, path, json: ["text": "/status", "replaces": question]).expect(422)
            _ = try await caller.send(.post, path, json: ["text": "x", "replaces": "999"]).expect(404)
            _ = try await self.show("op_unknown", of: thread, caller, 404)
            _ = try await caller.send(.get, path + "?branch=op_unknown").expect(404)
            let running = try await caller.write("two", to: thread)
            let busy = try await caller.send(.post, path, json: body).expect(409)
            #expect(busy["detail"]?.stringValue?.hasPrefix("An answer is running or waiting.") == true)
            _ = try await self.show("main", of: thread, caller, 409)
            _ = try await caller.send(.delete, "/api/v1/operations/\(running)")
        }
    }

    @Test("an export shows one branch and says that it is one; a search also finds the others")
    func exported() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(name: "Ada")
            let thread = try await self.conversation(caller, "hello", "about walruses")
            let question = try await self.items(caller, thread).first { $0["text"] == "about walruses" }
            _ = try await self.replace(question, by: "about seals", in: thread, caller)
            let export = try await caller.send(.get, "/api/v1/threads/\(thread)/export").text
            #expect(export.contains("one of 2 branches") && export.contains("about seals"))
            #expect(!export.contains("walruses"))
            let found = try await caller.send(.get, "/api/v1/threads?q=walruses").expect(200)["items"]?[0]
            expectEqual(found?["id"], .string(thread))
            expectEqual(found?["found"], "In another branch: You said: about walruses")
        }
    }
}
