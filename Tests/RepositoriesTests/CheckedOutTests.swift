import Git
import Primitives
import Repositories
import TestSupport
import Testing

@Suite("A checked-out branch is a colleague's", .timeLimit(.minutes(1))) struct CheckedOutTests {
    private static let changed = Workshop.text.replacing("one", with: "ONE")

    @Test("clean files are updated, also by a merge")
    func clean() async throws {
        let workshop = try await Workshop("echo p > plan.md && echo q > q.md")
        try workshop.git("switch -q \(Workshop.name)")
        let change = try await workshop.change([Workshop.spec: Self.changed])
        try workshop.git.shell("git rm -q plan.md && git mv q.md r.md && sed -i s/eight/EIGHT/ \(Workshop.spec)")
        try workshop.git("commit -qam theirs")
        try await expectEqual(workshop.repository.write(change).kind, "merged")
        try expectEqual(workshop.git("status --porcelain"), "")
        try expectEqual(workshop.git.shell("head -1 \(Workshop.spec) && tail -1 \(Workshop.spec)"), "ONE\nEIGHT")
        #expect(try workshop.checkClean())
    }

    @Test(
        "changed files stop the commit, which says what to do; then it can be finished",
        arguments: [
            ("echo mine >> \(Workshop.spec)", "git checkout -q .", "001-login/spec.md"),
            ("git rm -q \(Workshop.spec)", "git reset -q --hard", "1 changed file"),
            ("echo mine > new.md", "rm new.md", "(new.md): move them away"),
        ])
    func dirty(script: String, repair: String, hint: String) async throws {
        let workshop = try await Workshop()
        try workshop.git("switch -q \(Workshop.name)")
        let change = try await workshop.change([Workshop.spec: Self.changed, "new.md": "new\n"])
        let before = try await workshop.head
        try workshop.git.shell(script)
        let status = try workshop.git("status --porcelain")
        let error = await Workshop.code { _ = try await workshop.repository.write(change) }
        expectEqual(error?.code, .git(.dirtyWorkTree))
        let message = error?.message ?? ""
        #expect(message.contains("nothing was committed") && message.contains(hint), "\(message)")
        #expect(message.contains("`resume`") && !message.contains(workshop.directory.path), "\(message)")
        try await expectEqual(workshop.head, before)
        try expectEqual(workshop.git("status --porcelain"), status)
        #expect(workshop.pauses.withLock { $0 }.isEmpty)
        try await expectEqual(workshop.repository.find(turn: "t1"), nil)

        try workshop.git.shell(repair)
        let made = try #require(try await workshop.restarted.finish(turn: "t1")?.made)
        try expectEqual(workshop.git("log -1 --format=%B \(made.id)"), "Plan t1\n\nWhy.\n\nJetbridge-Turn: t1\n")
        try expectEqual(workshop.show(), Self.changed)
        try expectEqual(workshop.git("status --porcelain"), "")
        try await expectEqual(workshop.restarted.finish(turn: "t1"), nil)
        #expect(try workshop.checkClean())
    }

    @Test("a change that could not be committed is merged later, or is a conflict")
    func finishLater() async throws {
        let workshop = try await Workshop()
        try workshop.git("switch -q \(Workshop.name)")
        for (turn, line) in [("t1", "one"), ("t2", "eight")] {
            let text = Workshop.text.replacing(line, with: "ours")
            let change = try await workshop.change([Workshop.spec: text], turn: turn)
            try workshop.git.shell("echo mine >> \(Workshop.spec)")
            _ = await Workshop.code { _ = try await workshop.repository.write(change) }
            try workshop.git("checkout -q .")
        }
        try workshop.git.shell("sed -i s/eight/EIGHT/ \(Workshop.spec) && git commit -qam theirs")
        try await expectEqual(workshop.repository.finish(turn: "t1")?.kind, "merged")
        try await expectEqual(workshop.repository.finish(turn: "t2")?.kind, "conflict")
        #expect(try await workshop.repository.conflict(of: "t2") != nil)
        try await expectEqual(workshop.repository.finish(turn: "t2"), nil)
        try expectEqual(workshop.show(), Workshop.text.replacing("one", with: "ours").replacing("eight", with: "EIGHT"))
    }

    @Test(
        "a lock that is released soon only delays the commit",
        arguments: ["index.lock", "refs/heads/001-login.lock"])
    func shortLock(lock: String) async throws {
        let workshop = try await Workshop(onPause: { git, count in
            if count == 2 { try git.shell("rm .git/\(lock)") }
        })
        try workshop.git("switch -q \(Workshop.name)")
        let change = try await workshop.change([Workshop.spec: Self.changed])
        try workshop.git.shell("touch .git/\(lock)")
        try await expectEqual(workshop.repository.write(change).kind, "committed")
        expectEqual(workshop.pauses.withLock { $0 }.count, 2)
        try expectEqual(workshop.git("status --porcelain"), "")
        #expect(try workshop.checkClean())
    }

    @Test(
        "a lock that stays is named, and nothing is lost",
        arguments: ["index.lock", "refs/heads/001-login.lock"])
    func longLock(lock: String) async throws {
        let workshop = try await Workshop()
        try workshop.git("switch -q \(Workshop.name)")
        let change = try await workshop.change([Workshop.spec: Self.changed])
        let before = try await workshop.head
        try workshop.git.shell("touch -d '2023-11-14 20:00:00 UTC' .git/\(lock)")
        let error = await Workshop.code { _ = try await workshop.repository.write(change) }
        expectEqual(error?.code, .git(.locked))
        let message = error?.message ?? ""
        #expect(
            message.contains("nothing was committed") && message.contains("for 2 hours (.git/\(lock))"), "\(message)")
        #expect(message.contains("`resume`") && !message.contains(workshop.directory.path), "\(message)")
        #expect(workshop.pauses.withLock { $0.reduce(.zero, +) } < .seconds(3))
        try await expectEqual(workshop.head, before)
        try workshop.git.shell("rm .git/\(lock)")
        try expectEqual(workshop.git("status --porcelain"), "")
        try await expectEqual(workshop.repository.finish(turn: "t1")?.kind, "committed")
        #expect(try workshop.checkClean())
    }

    @Test("a write that succeeds replaces what was left of an earlier try")
    func again() async throws {
        let workshop = try await Workshop()
        try workshop.git("switch -q \(Workshop.name)")
        let change = try await workshop.change([Workshop.spec: Self.changed])
        try workshop.git.shell("echo mine >> \(Workshop.spec)")
        _ = await Workshop.code { _ = try await workshop.repository.write(change) }
        try workshop.git("checkout -q .")
        try await expectEqual(workshop.repository.write(change).kind, "committed")
        try await expectEqual(workshop.repository.finish(turn: "t1"), nil)
        #expect(try workshop.checkClean())
    }
}
