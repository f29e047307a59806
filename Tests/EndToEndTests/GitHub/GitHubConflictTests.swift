import Primitives
import TestSupport
import Testing

/// A colleague changes the same lines on GitHub at the moment when a commit is made there.
@Suite("A conflict on GitHub", .timeLimit(.minutes(3)))
struct GitHubConflictTests {
    /// The requirement that the first answer changes.
    private static let requirement = "System MUST allow each action only to people with permission."

    @Test(
        "nothing is overwritten: the thread asks, and after a kill the choice is carried out on GitHub",
        arguments: ["A", "B"])
    func choice(_ key: String) async throws {
        var scene = try await GitHubWebScene.start()
        try await scene.run("/specify \(SpecScene.idea)")
        try await scene.run("/clarify")
        let branch = try #require(try await scene.branch())
        let path = "specs/\(branch)/spec.md"
        let spec = try #require(
            try await scene.github.text(path, on: branch, of: GitHubWebScene.repository))

        await scene.github.hold("POST /graphql")
        let operation = try await scene.say("B")
        try await scene.github.wait("the commit") { $0.isHolding }
        let theirs = try await scene.github.colleague().push(
            path, spec.replacing(Self.requirement, with: "It is as Bob says."), to: GitHubWebScene.repository,
            branch: branch, message: "Decide it")
        await scene.github.release("POST /graphql")
        try await scene.settle(after: operation)
        let words = try await scene.words()
        #expect(words.contains("Nothing is overwritten; which version should it have?"), "\(words)")
        try await expectEqual(scene.git()("rev-parse \(branch)"), theirs)

        try await scene.kill()
        try await scene.run(key)
        let git = try await scene.git()
        let text = try git("show \(branch):\(path)")
        expectEqual(text.contains("as Bob says."), key == "A", "\(text)")
        try expectEqual(git("merge-base --is-ancestor \(theirs) \(branch) && echo yes"), "yes")
        try expectEqual(git("rev-list --count \(theirs)..\(branch)"), key == "A" ? "0" : "1")
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        await scene.stop()
    }
}
