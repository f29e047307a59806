import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Stopping an operation over the API", .timeLimit(.minutes(1)))
struct StopTests {
    @Test("a running operation ends and keeps its text, without a command or a reply in the thread")
    func running() async throws {
        let worker = StepWorker([.event(.text("It is ")), .untilStopped])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let first = try await caller.write("one", to: thread)
            try await harness.waitForText(of: first)
            let second = try await caller.write("two", to: thread)
            let answer = try await caller.send(.post, "/api/v1/operations/\(first)/stop", json: [:]).expect(202)
            expectEqual(answer["state"], "stopped")
            try await expectEqual(caller.ended(second)["state"], "complete")
            let page = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let roles = page["items"]?.arrayValue?.compactMap { $0["role"]?.stringValue }
            expectEqual(roles, ["user", "user", "assistant", "note", "assistant"])
            expectEqual(page["items"]?[2]?["text"], "It is ")
        }
    }

    @Test("the command is answered once, by its own reply")
    func command() async throws {
        let worker = StepWorker([.event(.text("It is ")), .untilStopped])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let first = try await caller.write("one", to: thread)
            let stop = try await caller.write("/stop", to: thread)
            try await expectEqual(caller.ended(first)["state"], "stopped")
            let page = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let notes = page["items"]?.arrayValue?.filter { $0["role"] == "note" } ?? []
            expectEqual(notes.map { $0["operation_id"]?.stringValue }, [stop])
            expectEqual(notes.first?["text"], "Stopped. `/resume` continues the answer.")
        }
    }

    @Test("a queued operation leaves the queue, and the running one is not disturbed")
    func queued() async throws {
        let worker = StepWorker([.event(.text("do")), .hold, .event(.text("ne"))])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let first = try await caller.write("one", to: thread)
            try await harness.waitForText(of: first)
            let second = try await guest.write("two", to: thread)
            let third = try await caller.write("three", to: thread)
            let answer = try await caller.send(.post, "/api/v1/operations/\(second)/stop", json: [:]).expect(202)
            expectEqual(answer["state"], "stopped")
            try await expectEqual(caller.send(.get, "/api/v1/operations/\(third)").expect(200)["position"], 1)
            worker.release()
            try await expectEqual(caller.ended(first)["state"], "complete")
            try await expectEqual(caller.ended(third)["state"], "complete")
            let again = try await caller.send(.post, "/api/v1/operations/\(first)/stop", json: [:]).expect(202)
            expectEqual(again["state"], "complete")
        }
    }

    @Test("a guest cannot stop what an owner asked in the guest's thread, the owner can stop the guest's")
    func roles() async throws {
        let worker = StepWorker([.untilStopped], [.untilStopped])
        try await GatewayHarness.run(worker: worker) { harness in
            let owner = try await harness.signedIn()
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let first = try await owner.write("one", to: thread)
            let second = try await guest.write("two", to: thread)
            _ = try await guest.send(.post, "/api/v1/operations/\(first)/stop", json: [:]).expect(403)
            let stopped = try await owner.send(.post, "/api/v1/operations/\(first)/stop", json: [:]).expect(202)
            expectEqual(stopped["state"], "stopped")
            _ = try await owner.send(.post, "/api/v1/operations/\(second)/stop", json: [:]).expect(202)
            try await expectEqual(guest.ended(second)["state"], "stopped")
        }
    }

    @Test("other people's operations do not exist, and another network's are stopped there")
    func access() async throws {
        let worker = StepWorker([.hold], [.hold])
        try await GatewayHarness.run(worker: worker) { harness in
            let owner = try await harness.signedIn()
            let guest = try await harness.signedIn(.guest)
            let operation = try await owner.write("one", to: try await owner.newThread())
            let path = "/api/v1/operations/\(operation)/stop"
            _ = try await guest.send(.post, path, json: [:]).expect(404)
            _ = try await owner.send(.post, "/api/v1/operations/op_0/stop", json: [:]).expect(404)
            _ = try await harness.token(.read).send(.post, path, json: [:]).expect(403)
            try await harness.network.say("hello")
            let listed = try await owner.send(.get, "/api/v1/threads?adapter=irc%3Alocal").expect(200)["items"]
            let other = try #require(listed?[0]?["active_operation"]?.stringValue)
            let refused = try await owner.send(.post, "/api/v1/operations/\(other)/stop", json: [:])
            expectEqual(refused.status, 403)
            #expect(refused.text.contains("irc:local"))
            worker.release()
            worker.release()
            try await expectEqual(owner.ended(operation)["state"], "complete")
        }
    }
}
