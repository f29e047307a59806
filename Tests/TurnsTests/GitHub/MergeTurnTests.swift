import Chat
import TestSupport
import Testing

@testable import Turns

@Suite("merge", .timeLimit(.minutes(1))) struct MergeTurnTests {
    @Test("merges the thread's branch or a named one, posts the commit, and says when there is nothing to do")
    func merges() async throws {
        try await PullScene.with { scene async throws in
            let notes = RealGit("\(scene.folder)/data/notes")
            try notes.shell(
                "git switch -qc 001-greet && echo hi > hi.md && git add . && git commit -qm hi && git switch -q main")
            let empty = try await scene.failure(.merge, repository: "notes", feature: nil)
            #expect(empty.hasPrefix("Nothing is committed in this thread yet"), "\(empty)")
            let thread = try await scene.run(.merge, "001-greet", repository: "notes", feature: nil).thread
            #expect(thread.text.contains("`main` now has the commit of `001-greet`."), "\(thread.text)")
            expectEqual(thread.commits, ["hi"])
            try expectEqual(notes("log -1 --format=%s main"), "hi")
            let again = try await scene.run(.merge, "001-greet", repository: "notes", feature: nil).thread.text
            expectEqual(again, "`main` already has everything of `001-greet`.")
            let own = try await scene.failure(.merge, "main", repository: "notes", feature: nil)
            #expect(own.contains("is the branch that others are merged into"), "\(own)")
        }
    }

    @Test("names what conflicts, and leaves repositories on a server to pull requests")
    func refuses() async throws {
        try await PullScene.with { scene async throws in
            let notes = RealGit("\(scene.folder)/data/notes")
            try notes.shell("echo 1 > a.md && git add . && git commit -qm 1 && git switch -qc other")
            try notes.shell(
                "echo 2 > a.md && git commit -qam 2 && git switch -q main && echo 3 > a.md && git commit -qam 3")
            let failure = try await scene.failure(.merge, "other", repository: "notes", feature: nil)
            #expect(failure.contains("have changed the same lines of `a.md`"), "\(failure)")
            #expect(try await scene.failure(.merge).contains("`pr` opens a pull request"))
            #expect(try await scene.failure(.merge, "x", repository: "notes").contains("it does not exist"))
        }
    }
}
