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
        #expect(conflict.files.map(\.path) == [Workshop.spec])
        let file = conflict.files[0]
        #expect(file.base.map { String(decoding: $0, as: UTF8.self) } == Workshop.text)
        #expect(file.ours.map { String(decoding: $0, as: UTF8.self) } == Self.ours)
        #expect(file.theirs.map { String(decoding: $0, as: UTF8.self) } == (try workshop.show()))
        #expect(try await workshop.restarted.conflict(of: "t1") == conflict)
        #expect(try await workshop.restarted.conflict(of: "t2") == nil)
        // A clone and a push leave it out.
        #expect(try !workshop.git("ls-remote . 'refs/heads/*'").contains(conflict.ours.hex))
    }

    @Test("theirs leaves the branch as it is, and ours is dropped")
    func theirs() async throws {
        let (workshop, conflict) = try await Self.conflict()
        for _ in 1...2 {
            let outcome = try await workshop.restarted.resolve(conflictOf: "t1", .theirs, author: Self.bob)
            #expect(outcome == .unchanged)
        }
        #expect(try await workshop.head == conflict.theirs)
        #expect(try await workshop.repository.conflict(of: "t1") == nil)
        let late = await Workshop.code {
            _ = try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob)
        }
        #expect(late?.code == .git(.notFound))
        #expect(try workshop.checkClean())
    }

    @Test("ours takes our version of the file in conflict and the rest of both")
    func takeOurs() async throws {
        let (workshop, conflict) = try await Self.conflict()
        let outcome = try await workshop.restarted.resolve(conflictOf: "t1", .ours, author: Self.bob)
        let made = try #require(outcome.made)
        #expect(outcome == .committed(made) && made.branch == Workshop.name)
        #expect(try workshop.show() == Self.ours)
        #expect(try workshop.show("ours.md") == "ours\n")
        #expect(try workshop.show("theirs.md") == "theirs\n")
        #expect(
            try workshop.git("log -1 --format='%P|%an|%s|%(trailers:key=Jetbridge-Turn,valueonly)' \(made.id)")
                .split(separator: "\n").first == "\(conflict.theirs)|Bob|Plan t1|t1")
        // Whatever is chosen again, it is done.
        for choice in [ConflictChoice.ours, .theirs, .ownBranch(nil)] {
            let again = try await workshop.repository.resolve(conflictOf: "t1", choice, author: Self.bob)
            #expect(again == .committed(made))
        }
        #expect(try await workshop.head == made.id)
        #expect(try await workshop.repository.find(turn: "t1") == made)
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
        #expect(again == .committed(made))
        #expect(try workshop.checkClean())
    }

    @Test("a branch of its own has our commit; a taken name is skipped, or refused if it was chosen")
    func ownBranch() async throws {
        let (workshop, conflict) = try await Self.conflict()
        try workshop.git("branch 001-login-2 main")
        let taken = await Workshop.code {
            _ = try await workshop.repository.resolve(conflictOf: "t1", .ownBranch("main"), author: Self.bob)
        }
        #expect(taken?.code == .git(.exists))
        let outcome = try await workshop.repository.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob)
        let made = try #require(outcome.made)
        #expect(made.branch == "001-login-3")
        #expect(try workshop.show(at: made.branch) == Self.ours)
        #expect(try workshop.git("log -1 --format=%P \(made.branch)^") == (try workshop.git("rev-parse main")))
        #expect(try await workshop.head == conflict.theirs)
        let again = try await workshop.restarted.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob)
        #expect(again == outcome)
        // Its feature can be worked on by the branch's name.
        let files = try #require(try await workshop.repository.feature("001-login-3"))
        #expect(files.name == "001-login" && files.branch == "001-login-3" && files.head == made.id)
        #expect(files.text(Workshop.spec) == Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("a chosen name is used")
    func namedBranch() async throws {
        let (workshop, _) = try await Self.conflict()
        let outcome = try await workshop.repository.resolve(
            conflictOf: "t1", .ownBranch("ada/login"), author: Self.bob)
        #expect(outcome.made?.branch == "ada/login")
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
        #expect(others.map(\.subject) == ["later"])
        #expect(try workshop.show() == Self.ours)
        #expect(try workshop.show("later.md") == "later\n")
        #expect(try workshop.show("theirs.md") == "again\n")
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
            #expect(outcome.kind == "merged")
            #expect(try workshop.show() == Self.ours.replacing("five", with: "unseen"))
            return
        }
        let second = try #require(outcome.conflict)
        #expect(second.theirs == head && second.commits.map(\.subject) == ["later", "theirs"])
        #expect(second.files[0].ours == first.files[0].ours)
        #expect(try await workshop.head == head)
        #expect(try await workshop.restarted.conflict(of: "t1") == second)
        #expect(
            try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind == "committed")
        #expect(try workshop.show() == Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("if they took their change back, nothing is in the way")
    func tookBack() async throws {
        let (workshop, _) = try await Self.conflict()
        try workshop.push("git revert --no-edit HEAD >/dev/null && echo x > x.md", "back")
        #expect(try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind == "merged")
        #expect(try workshop.show() == Self.ours)
        #expect(try workshop.checkClean())
    }

    @Test("a deleted file comes back with ours; a deleted branch, too")
    func deleted() async throws {
        let workshop = try await Workshop()
        let change = try await workshop.change([Workshop.spec: Self.ours])
        try workshop.push("git rm -q \(Workshop.spec) && echo x > x.md")
        let conflict = try #require(try await workshop.repository.write(change).conflict)
        #expect(conflict.files.map(\.path) == [Workshop.spec] && conflict.files[0].theirs == nil)
        #expect(
            try await workshop.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind == "committed")
        #expect(try workshop.show() == Self.ours && workshop.show("x.md") == "x\n")

        let (other, _) = try await Self.conflict()
        try other.git("branch -q -D \(Workshop.name)")
        #expect(try await other.repository.resolve(conflictOf: "t1", .ours, author: Self.bob).kind == "committed")
        #expect(try other.show() == Self.ours)
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
        #expect(error?.code == .git(.invalidName))
        #expect(try await workshop.head == conflict.theirs)
        #expect(
            try await workshop.repository.resolve(conflictOf: "t1", .ownBranch(nil), author: Self.bob).kind
                == "committed")
        #expect(try workshop.checkClean())
    }

    @Test("turns of any name can have conflicts", arguments: ["a/b..c", "", "ä", String(repeating: "x", count: 300)])
    func names(turn: String) async throws {
        let (workshop, conflict) = try await Self.conflict(turn: turn)
        #expect(try await workshop.restarted.conflict(of: turn) == conflict)
        #expect(try await workshop.repository.resolve(conflictOf: turn, .theirs, author: Self.bob) == .unchanged)
        #expect(try workshop.checkClean())
    }
}
