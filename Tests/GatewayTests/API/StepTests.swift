import Chat
import Database
import HTTP
import JSON
import Sessions
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Steps and diffs", .timeLimit(.minutes(1)))
struct StepTests {
    private static func page(after position: Int) -> TurnStepPage {
        guard position == 0 else { return TurnStepPage(position: position) }
        var done = TurnStep(id: "1.1")
        done.tool = "shell"
        done.input = [TurnStep.Input(name: "command", text: "make")]
        done.state = .failed
        done.output = "<b>no</b>"
        done.startedAt = 10
        done.endedAt = 25
        var open = TurnStep(id: "1.2")
        open.state = .running
        return TurnStepPage(steps: [done, open], position: 9, isCut: true)
    }

    @Test("steps are listed for those who may read the thread, as the document says")
    func steps() async throws {
        try await GatewayHarness.run(settings: { $0.steps = { _, position in Self.page(after: position) } }) {
            harness in
            let member = try await harness.signedIn(.member)
            let thread = try await member.newThread()
            let path = "/api/v1/threads/\(thread)/steps"
            try await expectEqual(member.send(.get, path).expect(200)["operation_id"], .null)
            let operation = try await member.write("fix it", to: thread)
            _ = try await member.ended(operation)
            try await harness.bridge.store.write { ledger in
                try ledger.connection.execute(
                    "INSERT INTO steps (turn, number, elapsed, event, checkpoint) VALUES (?, 1, 0, '{}', 0)",
                    [.text(operation)])
            }
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let list = try await member.send(.get, path).expect(200)
            expectEqual(
                SchemaValidator(document: document).mistakes(
                    in: list, method: "get", path: "/api/v1/threads/{id}/steps", status: 200), [])
            expectEqual(list["operation_id"], .string(operation))
            // The operation has ended without the end of its second call.
            expectEqual(list["items"]?.arrayValue?.map { $0["state"]?.stringValue }, ["failed", "interrupted"])
            expectEqual(list["items"]?[0]?["output"], "<b>no</b>")
            let rest = try await member.send(.get, "\(path)?operation=\(operation)&after=9").expect(200)
            #expect(rest["items"]?.arrayValue?.isEmpty == true && rest["position"] == 9)
            let other = try await harness.signedIn(.member)
            try await expectEqual(other.send(.get, path).status, 404)
            let another = try await other.newThread()
            try await expectEqual(
                other.send(.get, "/api/v1/threads/\(another)/steps?operation=\(operation)").status, 404)
            try await expectEqual(harness.signedIn(.owner).send(.get, path).status, 200)
        }
    }

    @Test("the files of a commit are listed, as the document says")
    func commitFiles() async throws {
        try await GatewayHarness.run { harness in
            let member = try await harness.signedIn(.member)
            let list = try await member.send(.get, "/api/v1/repositories/notes/commits/\(FakeViewer.sha)").expect(200)
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            expectEqual(
                SchemaValidator(document: document).mistakes(
                    in: list, method: "get", path: "/api/v1/repositories/{repository}/commits/{sha}", status: 200), [])
            #expect(list["files"] == 5 && list["additions"] == 9001)
            expectEqual(list["items"]?[1]?["old_path"], "old name.md")
            expectEqual(list["items"]?[2]?["binary"], true)
        }
    }

    @Test("a thread without a workspace has no page of changes, and other people's threads do not exist")
    func noWorkspace() async throws {
        try await GatewayHarness.run { harness in
            let member = try await harness.signedIn(.member)
            let thread = try await member.newThread()
            try await expectEqual(member.send(.get, "/t/\(thread)/diff").status, 409)
            try await expectEqual(harness.signedIn(.member).send(.get, "/t/\(thread)/diff").status, 404)
            try await expectEqual(
                harness.anybody.with("Accept", "text/html").send(.get, "/t/\(thread)/diff").status, 303)
        }
    }
}
