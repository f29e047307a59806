import Chat
import TestSupport
import Testing

@testable import Turns

@Suite("workflow", .timeLimit(.minutes(1)))
struct WorkflowTurnTests {
    private static let dispatch = "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches"

    private func scene(_ body: @Sendable (PullScene) async throws -> Void) async throws {
        try await PullScene.with { scene in
            try await scene.github.colleague().push(
                [
                    ".github/workflows/deploy.yml":
                        "name: Deploy it\non:\n  workflow_dispatch:\n    inputs:\n      level:\n",
                    ".github/workflows/ci.yml": "name: CI\non: push\n",
                ], to: "octo/app", branch: "main", message: "Add workflows")
            try await body(scene)
        }
    }

    @Test("lists them, starts one on the thread's branch with its inputs, and lists its run")
    func starts() async throws {
        try await self.scene { scene async throws in
            let list = try await scene.run(.workflow).thread.text
            #expect(list.contains("- `deploy.yml` Deploy it") && list.contains("- `ci.yml` CI"))
            #expect(list.hasSuffix("No runs on `001-greet`."))
            let started = try await scene.run(.workflow, "deploy level=2").thread.text
            let page = "\(scene.github.url)/octo/app/actions/workflows/deploy.yml"
            expectEqual(started, "Started `deploy.yml` on `001-greet`: \(page). `workflow` shows how it ends.")
            #expect(try await scene.run(.workflow, "Deploy it on main").thread.text.contains("on `main`"))
            let run = try #require(try await scene.github.colleague().runs(in: "octo/app").first)
            try await scene.github.colleague().finishRun(run, in: "octo/app", "success")
            #expect(
                try await scene.run(.workflow).thread.text.contains(
                    "Latest runs on `001-greet`:\n- Deploy it: success "))
        }
    }

    @Test("says what is wrong: an unknown name or branch, a workflow that can't be started, a wrong input")
    func refuses() async throws {
        try await self.scene { scene async throws in
            #expect(try await scene.failure(.workflow, "x").hasPrefix("There is no workflow `x`: "))
            #expect(try await scene.failure(.workflow, "deploy on nowhere").hasPrefix("There is no branch `nowhere`"))
            #expect(try await scene.failure(.workflow, "ci").contains("It needs `on: workflow_dispatch`"))
            #expect(
                try await scene.failure(.workflow, "deploy colour=red").contains("GitHub does not start `deploy.yml`"))
            #expect(try await scene.failure(.workflow, "a=b").hasPrefix("`workflow` takes a workflow's name"))
            #expect(try await scene.failure(.workflow, repository: "notes").contains("has no pull requests"))
            #expect(try await scene.github.colleague().runs(in: "octo/app").isEmpty)
        }
    }

    @Test("is not started twice after a crash")
    func resumed() async throws {
        try await self.scene { scene async throws in
            try await scene.run(.workflow, "deploy")
            await #expect {
                try await scene.run(.workflow, "deploy", isResumed: true)
            } throws: { "\($0)".contains("It is not known whether `deploy.yml` was started") }
            await expectEqual(scene.count(Self.dispatch), 1)
        }
    }
}
