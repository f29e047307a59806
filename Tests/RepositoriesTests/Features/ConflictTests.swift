import Git
import Repositories
import TestSupport
import Testing

@Suite("Conflicts are resolved as people choose", .timeLimit(.minutes(1))) struct ConflictTests {
    private static let bob = GitSignature(name: "Bob", mail: "bob@example.org", seconds: 1_700_000_100)
    private static let ours = Workshop.text.replacing("two", with: "ours")

    /// A conflict in the specification; both sides also have changes that do not conflict.
    private static func conflict(turn: String = "t1") async throws -> (Workshop, DocumentConflict) {
        let workshop = try await Workshop()
        let change = try await workshop.change([Workshop.spec: Self.ours, "ours.md": "ours\n"], turn: turn)
        try workshop.push("sed -i 's/two/theirs/; s/eight/EIGHT/' \(Workshop.spec) && echo theirs > theirs.md")
        return (workshop, try #require(try await workshop.repository.write(change).conflict))
    }

    @Test("the conflict shows the three versions of the file, and none of the others")
    func shown() async throws {
        let (workshop, conflict) = try await Self.conflict()
        expectEqual(conflict.files.map(\.path), [Workshop.spec])
        let file = conflict.files[0]
        expectEqual(file.base.map { String(decoding: $0, as: UTF8.self) }, Workshop.text)
        expectEqual(file.ours.map { String(decoding: $0, as: UTF8.self) }, Self.ours)
        expectEqual(file.theirs.map { String(decoding: $0, as: UTF8.self) }, try workshop.show())
        try await expectEqual(workshop.restarted.conflict(of: "t1"), conflict)
        try await expectEqual(workshop.restarted.conflict(of: "t2"), nil)
        // A clone and a push leave it out.
        #expect(try !workshop.git("ls-remote . 'refs/heads/*'").contains(conflict.ours.hex))
    }

    @Test("theirs leaves the branch as it is, and ours is dropped")
    func theirs() async throws {
        let (workshop, conflict) = try await Self.conflict()
        for _ in 1...2 {
            let outcome = try await workshop.restarted.resolve(conflictOf: "t1", .theirs, author: Self.bob)
            expectEqual(outcome, .unchanged)
        }
        try await expectEqual(workshop.head, conflict.theirs)
        try await expectEqual(workshop.repository.conflict(of: "t1"), nil)
        let late = await Workshop.code {
            _ = try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob)
        }
        expectEqual(late?.code, .git(.notFound))
        #expect(try workshop.checkClean())
    }

    @Test("ours takes our version of the file in conflict and the rest of both")
    func takeOurs() async throws {
        let (workshop, conflict) = try await Self.conflict()
        let outcome = try await workshop.restarted.resolve(conflictOf: "t1", .ours, author: Self.bob)
        let made = try #require(outcome.made)
        #expect(outcome == .committed(made) && made.branch == Workshop.name)
        try expectEqual(workshop.show(), Self.ours)
        try expectEqual(workshop.show("ours.md"), "ours\n")
        try expectEqual(workshop.show("theirs.md"), "theirs\n")
        try expectEqual(
            workshop.git("log -1 --format='%P|%an|%s|%(trailers:key=Jetbridge-Turn,valueonly)' \(made.id)")
                .split(separator: "\n").first, "\(conflict.theirs)|Bob|Plan t1|t1")
        // Whatever is chosen again, it is done.
        for choice in [ConflictChoice.ours, .theirs, .ownBranch(nil)] {
            let again = try await workshop.repository.resolve(conflictOf: "t1", choice, author: Self.bob)
            expectEqual(again, .committed(made))
        }
        try await expectEqual(workshop.head, made.id)
        try await expectEqual(workshop.repository.find(turn: "t1"), made)
        #expect(try workshop.checkClean())
    }

    @Test("after a crash between the commit and the end, the commit is found")
    func crash() async throws {
        let (workshop, conflict) = try await Self.conflict()
        let made = try #require(
            try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).made)
        try workshop.git("update-ref refs/jetbridge/conflicts/t1 \(conflict.ours)")
        try workshop.push("echo more > more.md")
        let again = try await workshop.restarted.resolve(conflictOf: "t1", .ours, author: Self.bob)
        expectEqual(again, .committed(made))
        #expect(try workshop.checkClean())
    }

    @Test("a branch of its own has our commit; a taken name is skipped, or refused if it was chosen")
    func ownBranch() async throws {
        let (workshop, conflict) = try await Self.conflict()
        try workshop.git("branch 001-login-2 main")
        let taken = await Workshop.code {
            _ = try await workshop.repository.resolve(conflictOf: "t1", .ownBranch("main"), author: Self.bob)
        }
        expectEqual(taken?.code, .git(.exists))
        let outcome = try await workshop.repository.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob)
        let made = try #require(outcome.made)
        expectEqual(made.branch, "001-login-3")
        try expectEqual(workshop.show(at: made.branch), Self.ours)
        try expectEqual(workshop.git("log -1 --format=%P \(made.branch)^"), try workshop.git("rev-parse main"))
        try await expectEqual(workshop.head, conflict.theirs)
        let again = try await workshop.restarted.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob)
        expectEqual(again, outcome)
        // Its feature can be worked on by the branch's name.
        let files = try #require(try await workshop.repository.feature("001-login-3"))
        #expect(files.name == "001-login" && files.branch == "001-login-3" && files.head == made.id)
        expectEqual(files.text(Workshop.spec), Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("a chosen name is used")
    func namedBranch() async throws {
        let (workshop, _) = try await Self.conflict()
        let outcome = try await workshop.repository.resolve(
            conflictOf: "t1", .ownBranch("ada/login"), author: Self.bob)
        expectEqual(outcome.made?.branch, "ada/login")
        #expect(try workshop.checkClean())
    }

    @Test("what others committed since then elsewhere is kept")
    func movedElsewhere() async throws {
        let (workshop, _) = try await Self.conflict()
        try workshop.push("echo later > later.md && sed -i s/theirs/again/ theirs.md", "later")
        let outcome = try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob)
        guard case .merged(_, let others) = outcome else {
            Issue.record("\(outcome.kind)")
            return
        }
        expectEqual(others.map(\.subject), ["later"])
        try expectEqual(workshop.show(), Self.ours)
        try expectEqual(workshop.show("later.md"), "later\n")
        try expectEqual(workshop.show("theirs.md"), "again\n")
        #expect(try workshop.checkClean())
    }

    @Test("what others committed since then in the same place is a new conflict", arguments: ["theirs", "five"])
    func movedAgain(word: String) async throws {
        let (workshop, first) = try await Self.conflict()
        try workshop.push("sed -i s/\(word)/unseen/ \(Workshop.spec)", "later")
        let head = try await workshop.head
        let outcome = try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob)
        if word == "five" {
            // Our file as a whole was chosen, and their new line is added to it.
            expectEqual(outcome.kind, "merged")
            try expectEqual(workshop.show(), Self.ours.replacing("five", with: "unseen"))
            return
        }
        let second = try #require(outcome.conflict)
        #expect(second.theirs == head && second.commits.map(\.subject) == ["later", "theirs"])
        expectEqual(second.files[0].ours, first.files[0].ours)
        try await expectEqual(workshop.head, head)
        try await expectEqual(workshop.restarted.conflict(of: "t1"), second)
        try await expectEqual(workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind, "committed")
        try expectEqual(workshop.show(), Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("if they took their change back, nothing is in the way")
    func tookBack() async throws {
        let (workshop, _) = try await Self.conflict()
        try workshop.push("git revert --no-edit HEAD >/dev/null && echo x > x.md", "back")
        try await expectEqual(workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind, "merged")
        try expectEqual(workshop.show(), Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("a deleted file comes back with ours; a deleted branch, too")
    func deleted() async throws {
        let workshop = try await Workshop()
        let change = try await workshop.change([Workshop.spec: Self.ours])
        try workshop.push("git rm -q \(Workshop.spec) && echo x > x.md")
        let conflict = try #require(try await workshop.repository.write(change).conflict)
        #expect(conflict.files.map(\.path) == [Workshop.spec] && conflict.files[0].theirs == nil)
        try await expectEqual(workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind, "committed")
        #expect(try workshop.show() == Self.ours && workshop.show("x.md") == "x\n")

        let (other, _) = try await Self.conflict()
        try other.git("branch -q -D \(Workshop.name)")
        try await expectEqual(other.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind, "committed")
        try expectEqual(other.show(), Self.ours)
        #expect(try other.checkClean())
    }

    @Test("a folder in the place of our file is not overwritten")
    func folder() async throws {
        let workshop = try await Workshop()
        let change = try await workshop.change([Workshop.spec: Self.ours])
        try workshop.push("git rm -q \(Workshop.spec) && mkdir -p \(Workshop.spec) && echo x > \(Workshop.spec)/x.md")
        let conflict = try #require(try await workshop.repository.write(change).conflict)
        let error = await Workshop.code {
            _ = try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob)
        }
        expectEqual(error?.code, .git(.invalidName))
        try await expectEqual(workshop.head, conflict.theirs)
        try await expectEqual(
            workshop.repository.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob).kind, "committed")
        #expect(try workshop.checkClean())
    }

    @Test("turns of any name can have conflicts", arguments: ["a/b..c", "", "ä", String(repeating: "x", count: 300)])
    func names(turn: String) async throws {
        let (workshop, conflict) = try await Self.conflict(turn: turn)
        try await expectEqual(workshop.restarted.conflict(of: turn), conflict)
        try await expectEqual(workshop.repository.resolve(conflictOf: turn, .theirs, author: Self.bob), .unchanged)
        #expect(try workshop.checkClean())
    }
}
