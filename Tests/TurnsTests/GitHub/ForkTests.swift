import Chat
import EventLoop
import Git
import GitHub
import JSON
import Primitives
import Repositories
import TestSupport
import Testing

@testable import Turns

@Suite("Forks of a repository on GitHub", .timeLimit(.minutes(1)))
struct ForkTests {
    private static let author = GitSignature(name: "Ada", mail: "ada@example.org", seconds: 1_700_000_000)

    /// Makes a feature of its own, as `specify` does.
    private static func specify(
        _ repository: LocalRepository, turn: String = "t1", say: (@Sendable (String) async -> Void)? = nil
    ) async throws -> MadeCommit {
        try await RemoteWork.$current.withValue(RemoteWork(say: say)) {
            let base = try await repository.checkReady()
            return try await repository.commit(
                repository.reserve("export"), onBase: base, author: Self.author, turn: turn
            ) { name in
                ("Specify \(name)", "", [try Document(path: "specs/\(name)/spec.md", text: "# Export\n")])
            }
        }
    }

    private static func made(_ outcome: WriteOutcome) -> MadeCommit? {
        switch outcome {
        case .committed(let made), .merged(let made, _): made
        default: nil
        }
    }

    private static func change(_ branch: String, _ text: String, base: GitObjectID, turn: String) throws
        -> DocumentChange
    {
        DocumentChange(
            branch: branch, base: base, documents: [try Document(path: "specs/\(branch)/plan.md", text: text)],
            subject: "Plan", body: "", author: Self.author, turn: turn)
    }

    @Test("without the right to push, the thread's branch goes to a fork, and everything continues from there")
    func branch() async throws {
        try await PullScene.with(access: .read) { scene in
            let repository = try scene.work.repositories.repository("app")
            let told = Protected<[String]>([])
            let made = try await Self.specify(repository) { line in told.withLock { $0.append(line) } }
            let branch = made.branch
            expectEqual(branch, "002-export")
            expectEqual(told.withLock { $0 }, ["The account may not push to octo/app, so the branch goes to its fork."])
            try await expectEqual(scene.github.head(branch, of: "jet/app"), made.id.hex)
            try await expectEqual(scene.github.head(branch, of: "octo/app"), nil)
            try await expectEqual(repository.git.tip(of: branch), made.id)
            // What else the repository has is read from there.
            try await expectEqual(scene.github.head(PullScene.feature, of: "jet/app"), nil)
            #expect(try await repository.git.tip(of: PullScene.feature) != nil)

            await scene.github.forgetCalls()
            let outcome = try await repository.write(
                Self.change(branch, "# Plan\n", base: made.id, turn: "t2"))
            let plan = try #require(Self.made(outcome))
            try await expectEqual(scene.github.head(branch, of: "jet/app"), plan.id.hex)
            await expectEqual(scene.github.ledger.apiCalls, 0)

            // A colleague pushes to the fork.
            try await scene.github.colleague("jet").push("note.md", "Note\n", to: "jet/app", branch: branch)
            let merged = try await repository.write(
                Self.change(branch, "# Plan 2\n", base: plan.id, turn: "t3"))
            #expect(Self.made(merged) != nil)
            try await expectEqual(scene.github.text("note.md", on: branch, of: "jet/app"), "Note\n")
            try await expectEqual(scene.github.text("specs/\(branch)/plan.md", on: branch, of: "jet/app"), "# Plan 2\n")
            try await repository.refresh()
            try await expectEqual(repository.git.tip(of: branch)?.hex, scene.github.head(branch, of: "jet/app"))
        }
    }

    @Test("its pull request comes from the fork, and links lead there")
    func pull() async throws {
        try await PullScene.with(access: .read) { scene in
            let repository = try scene.work.repositories.repository("app")
            let made = try await Self.specify(repository)
            let thread = try await scene.run(.pr, feature: made.branch).thread
            #expect(thread.text.hasPrefix("Pull request #1 opened:"), "\(thread.text)")
            let pull = try await scene.pull()
            #expect(pull.head.branch == made.branch && pull.head.repository?.description == "jet/app")
            let fork = "\(scene.github.url)/jet/app"
            #expect(pull.body.contains("\(fork)/blob/\(made.branch)/specs/\(made.branch)/spec.md"))
            let pages = scene.work.pages
            expectEqual(pages.commit(made.id.hex, of: "app", on: made.branch), "\(fork)/commit/\(made.id.hex)")
            expectEqual(pages.folder("specs", on: made.branch, of: "app"), "\(fork)/tree/\(made.branch)/specs")
            expectEqual(
                pages.file("README.md", on: "main", of: "app"), "\(scene.github.url)/octo/app/blob/main/README.md")
            let again = try await scene.run(.pr, id: "op_2", feature: made.branch).thread
            #expect(again.text.hasPrefix("Pull request #1 updated:"))
        }
    }

    @Test("an existing fork is used again, after waiting until GitHub has copied it")
    func again() async throws {
        try await PullScene.with(access: .read) { scene in
            let repository = try scene.work.repositories.repository("app")
            await scene.github.hold("fork")
            async let first = Self.specify(repository)
            try await scene.github.wait("a look at the fork") { github in
                github.ledger.calls.contains { $0.target.hasPrefix("/jet/app.git/") }
            }
            await scene.github.release("fork")
            let made = try await first
            let second = try await Self.specify(repository, turn: "t2")
            expectEqual([made.branch, second.branch], ["002-export", "003-export"])
            for commit in [made, second] {
                try await expectEqual(scene.github.head(commit.branch, of: "jet/app"), commit.id.hex)
            }
        }
    }

    @Test("a branch that was deleted in the fork is gone, and one that others see there only stays known")
    func gone() async throws {
        try await PullScene.with(access: .read) { scene in
            let repository = try scene.work.repositories.repository("app")
            let made = try await Self.specify(repository)
            let kept = try await Self.specify(repository, turn: "t2")
            try await scene.github.colleague("jet").delete(made.branch, of: "jet/app")
            try await Task.sleep(for: .milliseconds(1_100))
            try await repository.refresh()
            try await expectEqual(repository.git.tip(of: made.branch), nil)
            try await expectEqual(repository.git.tip(of: kept.branch), kept.id)
            #expect(scene.work.pages.folder("", on: made.branch, of: "app").contains("/octo/app/"))
        }
    }

    @Test("the base is changed by pull requests only")
    func base() async throws {
        try await PullScene.with(access: .read) { scene in
            let repository = try scene.work.repositories.repository("app")
            let base = try await repository.checkReady()
            let error = await #expect(throws: RepositoryError.self) {
                _ = try await repository.write(Self.change("main", "# Plan\n", base: base.id, turn: "t1"))
            }
            expectEqual(error?.message.contains("may not push to octo/app, whose branch main"), true)
            #expect(await scene.github.repository("jet/app") == nil)
        }
    }
}
