import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Export of a conversation", .timeLimit(.minutes(1)))
struct ExportTests {
    private static let commit = CommitNotice(
        repository: "notes", sha: String(repeating: "c", count: 40), branch: "main", subject: "Add code", files: 1,
        additions: 2, deletions: 0)
    private static let code = "```sh\necho '# no heading'\n```"

    private static func worker() -> StepWorker {
        StepWorker([
            .event(.text("Here it is:\n\n\(Self.code)\n")), .event(.commit(Self.commit)),
            .approval(
                ApprovalRequest(
                    action: .run, subject: "make test", directory: "/workspace", tool: "run", approver: .requester)),
        ])
    }

    /// A thread with code, a commit and an approved ask.
    private static func thread(of member: Caller) async throws -> String {
        let thread = try await member.newThread()
        let operation = try await member.write("Write `code`, please", to: thread)
        try await eventually("the ask can be answered") {
            try await member.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).status == 200
        }
        _ = try await member.ended(operation)
        return thread
    }

    @Test("Markdown has everything that was said, code, commits and asks")
    func markdown() async throws {
        try await GatewayHarness.run(worker: Self.worker()) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await Self.thread(of: member)
            let answer = try await member.send(.get, "/api/v1/threads/\(thread)/export")
            expectEqual(answer.status, 200)
            expectEqual(answer.headers["content-type"], "text/markdown; charset=utf-8")
            let name = "write-code-please.md"
            expectEqual(answer.headers["content-disposition"], "attachment; filename*=UTF-8''\(name)")
            #expect(answer.text.hasPrefix("# Write `code`, please\n\nThread \(thread) · "))
            #expect(answer.text.contains("\n## bob, 2023-11-14T22:13:20.000Z\n\nWrite `code`, please\n"))
            for part in [Self.code, "- `ccccccc` Add code", "> Approval `a1`: ", "> make test", "> Approved by bob"] {
                #expect(answer.text.contains("\n\(part)"), "\(part) is missing in \(answer.text)")
            }
        }
    }

    @Test("JSON has the API's own documents, and only those who may read the thread get it")
    func json() async throws {
        try await GatewayHarness.run(worker: Self.worker()) { harness in
            let member = try await harness.signedIn(.member, name: "bob")
            let thread = try await Self.thread(of: member)
            let path = "/api/v1/threads/\(thread)/export"
            let file = try await member.send(.get, "\(path)?format=json")
            expectEqual(file.headers["content-disposition"]?.hasSuffix("write-code-please.json"), true)
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let content = try file.expect(200)
            expectEqual(
                SchemaValidator(document: document).mistakes(
                    in: content, method: "get", path: "/api/v1/threads/{id}/export", status: 200), [])
            expectEqual(content["thread"]?["id"], .string(thread))
            expectEqual(content["operations"]?[0]?["commits"]?[0]?["subject"], "Add code")
            expectEqual(content["messages"]?.arrayValue?.contains { $0["role"] == "commit" }, true)
            try await expectEqual(member.send(.get, "\(path)?format=pdf").status, 422)
            let other = try await harness.signedIn(.member, name: "mia")
            try await expectEqual(other.send(.get, path).status, 404)
            try await expectEqual(harness.anybody.send(.get, path).status, 401)
        }
    }
}
