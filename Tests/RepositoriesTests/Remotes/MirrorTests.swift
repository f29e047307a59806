import Git
import Repositories
import TestSupport
import Testing

@Suite("A repository on a server", .timeLimit(.minutes(1))) struct MirrorTests {
    private static let plan = "specs/001-login/plan.md"

    @Test("is read as the server has it, also after a colleague's push")
    func reads() async throws {
        let workshop = try await Workshop(onServer: true)
        let before = try #require(try await workshop.repository.feature(Workshop.name))
        expectEqual(before.files[Workshop.spec], Array(Workshop.text.utf8))
        try workshop.push("echo nine >> \(Workshop.spec)")
        workshop.clock.advance(by: .milliseconds(1_100))
        let after = try #require(try await workshop.repository.feature(Workshop.name))
        expectEqual(after.files[Workshop.spec]?.count, Workshop.text.utf8.count + 5)
        try await expectEqual(after.head, workshop.head)
    }

    @Test("gets a change as one commit, and only then is the mirror's branch there")
    func writes() async throws {
        let workshop = try await Workshop(onServer: true)
        let outcome = try await workshop.repository.write(workshop.change([Self.plan: "# Plan\n"]))
        let made = try #require(outcome.made)
        try await expectEqual(workshop.head, made.id)
        try await expectEqual(workshop.repository.git.tip(of: Workshop.name), made.id)
        try expectEqual(workshop.show(Self.plan), "# Plan\n")
        try await expectEqual(workshop.restarted.find(turn: "t1")?.id, made.id)
        #expect(try workshop.checkClean())
    }

    @Test("a colleague who pushed in the meantime is merged with, and is not overwritten")
    func merges() async throws {
        let workshop = try await Workshop(onServer: true)
        let change = try await workshop.change([Workshop.spec: "ONE\n" + Workshop.text.dropFirst(4)])
        try workshop.push("echo nine >> \(Workshop.spec)")
        let outcome = try await workshop.repository.write(change)
        guard case .merged(_, let others) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        expectEqual(others.map(\.subject), ["theirs"])
        #expect(try workshop.show().hasPrefix("ONE\n"))
        #expect(try workshop.show().hasSuffix("nine\n"))
        #expect(try workshop.checkClean())
    }

    @Test("what does not fit together is kept as a conflict, and the choice is carried out on the server")
    func conflicts() async throws {
        let workshop = try await Workshop(onServer: true)
        let change = try await workshop.change([Workshop.spec: "ours\n" + Workshop.text.dropFirst(4)])
        try workshop.push("sed -i s/one/theirs/ \(Workshop.spec)")
        try await expectEqual(workshop.repository.write(change).kind, "conflict")
        #expect(try await workshop.restarted.conflict(of: "t1") != nil)
        let outcome = try await workshop.restarted.resolve(conflictOf: "t1", .ours, author: Workshop.author)
        #expect(outcome.made != nil)
        #expect(try workshop.show().hasPrefix("ours\n"))
        #expect(try workshop.checkClean())
    }

    @Test("an answer that was lost is found on the server: the change is there once")
    func lostAnswer() async throws {
        let workshop = try await Workshop(onServer: true)
        let server = try #require(workshop.server)
        server.inject(.lostAnswer)
        let before = try await workshop.head
        let outcome = try await workshop.repository.write(workshop.change([Self.plan: "# Plan\n"]))
        let made = try #require(outcome.made)
        try await expectEqual(workshop.head, made.id)
        try await expectEqual(server.server.commit(made.id).parents, [before])
        expectEqual(server.publications, 1)
        #expect(try workshop.checkClean())
    }

    @Test(
        "a change that the server did not take is kept, and committed later",
        arguments: [FolderUpstream.Fault.unreachable, .refused])
    func unreachable(fault: FolderUpstream.Fault) async throws {
        let workshop = try await Workshop(onServer: true)
        let server = try #require(workshop.server)
        server.inject(fault)
        let change = try await workshop.change([Self.plan: "# Plan\n"])
        let error = await Workshop.code { _ = try await workshop.repository.write(change) }
        expectEqual(error?.code, .git(.failed))
        try await expectEqual(workshop.head, change.base)
        #expect(try await workshop.restarted.finish(turn: "t1")?.made != nil)
        try expectEqual(workshop.show(Self.plan), "# Plan\n")
        #expect(try workshop.checkClean())
    }

    @Test("what is known of the base branch is read without a wait for the server, and is up to date the next time")
    func known() async throws {
        let workshop = try await Workshop(onServer: true)
        let server = try #require(workshop.server)
        let repository = workshop.repository
        let first = try await repository.knownBase().branch.id
        expectEqual(server.fetches, 1)

        server.gate.setOpen(false)
        try workshop.git.shell("echo new > new && git add new && git commit -qm new")
        workshop.clock.advance(by: .milliseconds(1_100))
        try await expectEqual(repository.knownBase().branch.id, first)
        while !server.gate.isHolding { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await repository.knownBase().branch.id == first && server.fetches == 2)

        server.gate.setOpen(true)
        var tip = first
        while tip == first {
            tip = try await repository.knownBase().branch.id
            try await Task.sleep(for: .milliseconds(5))
        }
        try await expectEqual(repository.knownText(of: "new", at: tip.hex, limit: 100), "new\n")
        server.isOffline = true
        workshop.clock.advance(by: .milliseconds(1_100))
        try await expectEqual(repository.knownBase().branch.id, tip)
        try await expectEqual(repository.knownText(of: "new", at: first.hex, limit: 100), nil)
    }

    @Test("many readers at once share a fetch")
    func shared() async throws {
        let workshop = try await Workshop(onServer: true)
        let server = try #require(workshop.server)
        let before = server.fetches
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await workshop.repository.featureNames() } }
            try await group.waitForAll()
        }
        #expect(server.fetches - before < 10)
    }

    @Test("a server that does not answer is reported, and what is known can still be looked at")
    func offline() async throws {
        let workshop = try await Workshop(onServer: true)
        let made = try #require(try await workshop.repository.write(workshop.change([Self.plan: "# Plan\n"])).made)
        workshop.server?.isOffline = true
        workshop.clock.advance(by: .milliseconds(1_100))
        let error = await Workshop.code { _ = try await workshop.repository.feature(Workshop.name) }
        expectEqual(error?.message.contains("does not answer"), true)
        try await expectEqual(workshop.repository.commitPage(made.id.hex).commit.id, made.id)
        await #expect(throws: RepositoryError.self) { try await workshop.repository.commitPage("0123456789abcdef") }
        try await expectEqual(workshop.repository.overview().features.items.map(\.name), [Workshop.name])
    }

    @Test("new features get different numbers, also when a colleague takes one")
    func numbers() async throws {
        let workshop = try await Workshop(onServer: true)
        let base = try await workshop.repository.checkReady()
        let reservation = try await workshop.repository.reserve("export")
        try workshop.colleague("push -q origin HEAD:refs/heads/002-theirs")
        let made = try await workshop.repository.commit(
            reservation, onBase: base, author: Workshop.author, turn: "t1"
        ) { name in
            ("Specify \(name)", "", [try Document(path: "specs/\(name)/spec.md", text: "# \(name)\n")])
        }
        #expect(["002-export", "003-export"].contains(made.branch))
        try expectEqual(workshop.show("specs/\(made.branch)/spec.md", at: made.branch), "# \(made.branch)\n")
        #expect(try workshop.checkClean())
    }
}
