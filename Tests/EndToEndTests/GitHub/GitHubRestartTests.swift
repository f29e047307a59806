import Primitives
import TestSupport
import Testing

/// The flow with a repository on GitHub, by a program over HTTP: the host is killed after every step, and a colleague
/// pushes to the same branch.
@Suite("The specification flow on GitHub across kills", .timeLimit(.minutes(5)))
struct GitHubRestartTests {
    /// Each step, and how many commits the host has made after it.
    private static let steps: [(text: String, commits: Int)] = [
        ("/specify \(SpecScene.idea)", 1), ("/clarify", 1), ("B", 2), ("yes", 3), ("For two years.", 4), ("/plan", 5),
        ("/tasks", 6), ("/analyze", 6), ("/implement T001", 7), ("/implement T002", 8), ("/spec", 8),
    ]

    @Test("kills and a colleague's pushes lose nothing and repeat nothing; no secret is left anywhere")
    func kills() async throws {
        var scene = try await GitHubWebScene.start()
        for (number, step) in Self.steps.enumerated() {
            try await scene.run(step.text)
            let commits = try await scene.commits()
            let words = try await scene.words()
            expectEqual(commits.count, step.commits, "after \(step.text): \(words.suffix(3_000))")
            let current = scene
            try await scene.kill {
                guard let branch = try await current.branch() else { return }
                try await current.github.colleague().push(
                    "docs/note-\(number).md", "Note \(number)\n", to: GitHubWebScene.repository, branch: branch,
                    message: "colleague \(number)")
            }
            try await expectEqual(scene.commits(), commits, "again after \(step.text)")
        }
        try await Self.check(scene)
        await scene.stop()
        let traces = try RealGit(scene.host.dataPath).shell("grep -rla '\(GitHubWebScene.token)' . || true")
        #expect(traces.isEmpty, "\(traces)")
        #expect(await !scene.host.log.contains(GitHubWebScene.token))
    }

    private static func check(_ scene: GitHubWebScene) async throws {
        let git = try await scene.git()
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        let branch = try #require(try await scene.branch())
        let all = try git("log --reverse --format='%H %s' main..\(branch)").split(separator: "\n").map(String.init)
        let ours = all.filter { !$0.contains(" colleague ") }.map { String($0.prefix(40)) }
        try await expectEqual(ours, scene.commits())
        expectEqual(all.count - ours.count, Self.steps.count)
        #expect(try git("log --format=%s --merges \(branch)").isEmpty)
        for number in Self.steps.indices {
            try expectEqual(git("show \(branch):docs/note-\(number).md"), "Note \(number)")
        }
    }
}
