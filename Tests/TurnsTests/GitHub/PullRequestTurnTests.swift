import Chat
import GitHub
import JSON
import Primitives
import TestSupport
import Testing

@testable import Turns

@Suite("pr", .timeLimit(.minutes(1)))
struct PullRequestTurnTests {
    private static let opening = "POST /repos/{owner}/{repo}/pulls"

    @Test("opens the pull request of the feature's branch, and updates it the next time")
    func opensAndUpdates() async throws {
        try await PullScene.with { scene in
            let (ending, thread) = try await scene.run(.pr)
            expectEqual(ending, .complete)
            expectEqual(thread.text, "Pull request #1 opened: Greet people \(scene.github.url)/octo/app/pull/1")
            let pull = try await scene.pull()
            #expect(pull.title == "Greet people" && pull.base.branch == "main")
            #expect(pull.head.branch == PullScene.feature && !pull.isDraft)
            #expect(pull.body.hasPrefix("<!-- jetbridge:"))
            #expect(pull.body.contains("Says hello."))
            #expect(pull.body.contains("**Tasks:** 1/2 done"))
            #expect(
                pull.body.contains("[spec](\(scene.github.url)/octo/app/blob/001-greet/specs/001-greet/spec.md)"))
            #expect(pull.body.contains("Begin to greet"))
            #expect(pull.body.contains("Requested by Ada on Slack.") && !pull.body.contains("T1/U1"))
            try await expectEqual(scene.news.watches(of: scene.session).map(\.pull), [1])

            let client = scene.work.client
            let name = GitHubRepositoryName(owner: "octo", name: "app")
            let changed = pull.body.replacing("1/2", with: "0/2")
            _ = try await client.updatePullRequest(
                1, in: name, title: "Hello", body: "By hand.\n\n\(changed)\n\nMore by hand.")
            let again = try await scene.run(.pr, id: "op_2").thread
            expectEqual(again.text, "Pull request #1 updated: Hello \(scene.github.url)/octo/app/pull/1")
            let updated = try await scene.pull()
            #expect(updated.body.hasPrefix("By hand.\n\n<!--") && updated.body.hasSuffix("-->\n\nMore by hand."))
            expectEqual(updated.body, "By hand.\n\n\(pull.body)\n\nMore by hand.")
        }
    }

    @Test("opens a draft with the title that was typed")
    func draft() async throws {
        try await PullScene.with { scene in
            try await scene.run(.pr, "draft Try this")
            let pull = try await scene.pull()
            #expect(pull.isDraft && pull.title == "Try this")
        }
    }

    @Test("finds what was opened when the answer was lost", arguments: [true, false])
    func lostAnswer(isSameTurn: Bool) async throws {
        try await PullScene.with { scene in
            if isSameTurn {
                await scene.github.inject(.loseAnswer, route: Self.opening)
                let thread = try await scene.run(.pr).thread
                #expect(thread.text.hasPrefix("Pull request #1 updated:"))
            } else {
                // As after a crash between the call and the line about it.
                try await scene.run(.pr)
                let thread = try await scene.run(.pr).thread
                #expect(thread.text.hasPrefix("Pull request #1 updated:"))
            }
            await expectEqual(scene.count(Self.opening), 1)
        }
    }

    @Test("opens no new one after a close without a new commit")
    func closed() async throws {
        try await PullScene.with { scene in
            try await scene.github.colleague("bob").openPull("Greet", from: PullScene.feature, in: "octo/app")
            try await self.close(scene)
            let thread = try await scene.run(.pr).thread
            #expect(thread.text.hasPrefix("Pull request #1 was closed without a merge, and `001-greet` has no commit"))
        }
    }

    @Test("opens a new one after a close when there is a new commit")
    func closedWithNews() async throws {
        try await PullScene.with { scene in
            try await scene.github.colleague("bob").openPull("Greet", from: PullScene.feature, in: "octo/app")
            try await self.close(scene)
            try await scene.github.colleague().push("a.txt", "a\n", to: "octo/app", branch: PullScene.feature)
            let thread = try await scene.run(.pr).thread
            #expect(thread.text.hasPrefix("Pull request #2 opened:"))
        }
    }

    private func close(_ scene: PullScene) async throws {
        let client = scene.work.client
        let name = GitHubRepositoryName(owner: "octo", name: "app")
        _ = try await client.updatePullRequest(1, in: name, state: "closed")
    }

    @Test("says what to do when there is nothing to propose")
    func nothing() async throws {
        try await PullScene.with { scene in
            let local = try await scene.failure(.pr, repository: "notes")
            expectEqual(
                local,
                "The repository notes is not on GitHub, so it has no pull requests or workflows: push it "
                    + "there and configure it as `github: OWNER/NAME`, or choose another with `repo NAME`.")
            let empty = try await scene.failure(.pr, feature: nil)
            #expect(empty.contains("is not on GitHub, because nothing is committed"))
        }
    }

    @Test("a branch without own commits gets none")
    func noDifference() async throws {
        try await PullScene.with { scene in
            let head = try #require(try await scene.github.head(PullScene.feature, of: "octo/app"))
            try await scene.github.colleague().force("main", to: head, of: "octo/app")
            try await expectEqual(
                scene.failure(.pr),
                "The branch `001-greet` has no commit that `main` does not have: commit something, then `pr` "
                    + "again.")
        }
    }

    @Test("makes few calls, and the token is in no file of the data directory")
    func callsAndToken() async throws {
        try await PullScene.with { scene in
            let thread = try await scene.run(.pr).thread
            let calls = await scene.github.ledger
            #expect(calls.calls.count { $0.target.hasPrefix("/repos/") } <= 4)
            #expect(!thread.text.contains(PullScene.token))
            let found = try RealGit("/").shell(
                "grep -rlF '\(PullScene.token)' '\(scene.folder)/data' || true")
            expectEqual(found, "")
        }
    }

    @Test("`status` shows the pull request, its checks and the budget")
    func status() async throws {
        try await PullScene.with { scene in
            try await scene.run(.pr)
            try await scene.check("a", "success")
            try await scene.check("b", "failure")
            let lines = await GitHubStatus(work: scene.work).lines(of: scene.session, "app", for: "slack:T1/U1")
            expectEqual(
                lines.first, "pull request: #1 open, checks: 1 passed, 1 failed, \(scene.github.url)/octo/app/pull/1")
            #expect(try #require(lines.last).hasSuffix("requests left this hour"))
            #expect(await GitHubStatus(work: scene.work).lines(of: scene.session, "notes", for: "x").isEmpty)
        }
    }
}
