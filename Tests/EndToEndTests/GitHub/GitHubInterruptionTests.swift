import TestSupport
import Testing

/// A kill while GitHub carries out what nobody could take back.
@Suite("An interrupted call of GitHub", .timeLimit(.minutes(2)))
struct GitHubInterruptionTests {
    private static let dispatch = "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches"

    @Test("a workflow is not started again by itself, and `resume` asks people to look")
    func workflow() async throws {
        var scene = try await GitHubWebScene.start()
        try await scene.github.colleague().push(
            ".github/workflows/deploy.yml", "name: Deploy\non: [workflow_dispatch]\n", to: GitHubWebScene.repository)
        await scene.github.inject(.hangAfter, route: Self.dispatch)
        let operation = try await scene.say("/workflow deploy on main")
        try await scene.github.wait("the run") { try $0.colleague().runs(in: GitHubWebScene.repository).count == 1 }
        try await scene.kill()
        try await scene.settle(after: operation)
        #expect(try await scene.words().contains("Interrupted"))
        try await scene.run("/resume")
        let words = try await scene.words()
        #expect(words.contains("It is not known whether `deploy.yml` was started before the restart"), "\(words)")
        try await expectEqual(scene.github.colleague().runs(in: GitHubWebScene.repository).count, 1)
        await scene.stop()
    }
}
