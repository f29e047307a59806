import Chat
import Git
import Repositories
import TestSupport
import Testing

@Suite("A branch is merged into the base branch", .timeLimit(.minutes(1))) struct MergeTests {
    private func merge(_ workshop: Workshop, _ branch: String = Workshop.name) async throws -> MergeOutcome {
        try await workshop.repository.merge(branch, author: Workshop.author, turn: "t1")
    }

    @Test("which moves to it where nothing else happened, once, with the work tree")
    func forward() async throws {
        let workshop = try await Workshop()
        guard case .merged(let made, commits: 1, isForward: true) = try await self.merge(workshop) else {
            Issue.record("not merged")
            return
        }
        try await expectEqual(made.id, workshop.head)
        expectEqual(made.branch, "main")
        try expectEqual(workshop.git("rev-parse main"), made.id.hex)
        try expectEqual(workshop.git("status --porcelain"), "")
        try expectEqual(workshop.show(at: "main"), Workshop.text)
        try await expectEqual(self.merge(workshop), .contained)
        #expect(try workshop.checkClean())
    }

    @Test("by a commit with both as parents where both went on")
    func both() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell("echo more > more.md && git add . && git commit -qm more")
        let before = try workshop.git("rev-parse main")
        guard case .merged(let made, commits: 1, isForward: false) = try await self.merge(workshop) else {
            Issue.record("not merged")
            return
        }
        try await expectEqual(workshop.git("log -1 --format=%P main"), "\(before) \(workshop.head.hex)")
        try expectEqual(
            workshop.git("log -1 --format=%an%n%B main"),
            "Ada\nMerge branch '\(Workshop.name)'\n\nJetbridge-Turn: t1\n")
        expectEqual(made.notice.files, 1)
        try expectEqual(workshop.git("status --porcelain"), "")
        #expect(try workshop.checkClean())
    }

    @Test("not where both changed the same lines, nor over a colleague's changed files")
    func refused() async throws {
        let workshop = try await Workshop("echo theirs > a.md")
        try workshop.git.shell("echo ours > a.md && git add . && git commit -qm ours")
        let before = try workshop.git("rev-parse main")
        let head = try await GitRepository(path: workshop.git.path).resolve("main")
        try await expectEqual(self.merge(workshop), .conflict(["a.md"], head: head))
        try expectEqual(workshop.git("rev-parse main"), before)

        try workshop.git.shell("echo theirs > a.md && git commit -qam same && mkdir -p specs/\(Workshop.name)")
        try workshop.git.shell("echo mine > \(Workshop.spec)")
        let error = await Workshop.code { _ = try await self.merge(workshop) }
        #expect(error?.message.contains("\(Workshop.spec)): move them away") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("then `merge`") == true)
        try expectEqual(workshop.git("log -1 --format=%s main"), "same")
    }

    @Test(
        "not over what the repository ignores, nor through a link out of the work tree",
        arguments: [
            ("echo mine > .env", "echo theirs > .env && git add -f .env", ".env): move them away"),
            ("mkdir build && echo mine > build/out", "echo theirs > build && git add -f build", "build"),
            (
                "ln -s ../outside data", "mkdir data && echo theirs > data/f && git add -f data",
                "data is a symbolic link"
            ),
            ("ln -s ../outside seen", "mkdir seen && echo theirs > seen/f && git add seen", "seen is a symbolic link"),
        ])
    func kept(mine: String, theirs: String, hint: String) async throws {
        let workshop = try await Workshop()
        try workshop.git.shell("printf '.env\nbuild\ndata\n' >> .git/info/exclude")
        try workshop.git.shell("mkdir ../outside && echo mine > ../outside/f")
        try Self.commit(theirs, workshop)
        try workshop.git.shell(mine)
        let before = try workshop.git("rev-parse main")
        let error = await Workshop.code { _ = try await self.merge(workshop) }
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
        let files = "find .env build data/f seen/f ../outside -type f -exec cat {} + 2>/dev/null || true"
        try #expect(!workshop.git.shell(files).contains("theirs"))
        try expectEqual(workshop.git("rev-parse main"), before)
    }

    /// Commits what a script makes on the feature's branch.
    private static func commit(_ script: String, _ workshop: Workshop) throws {
        let name = Workshop.name
        try workshop.git.shell("git switch -q \(name) && \(script) && git commit -qm theirs && git switch -q main")
    }

    @Test("not with a file that is too large to be written beside the host's work")
    func large() async throws {
        let workshop = try await Workshop()
        try Self.commit("truncate -s 33M big && git add big", workshop)
        let error = await Workshop.code { _ = try await self.merge(workshop) }
        expectEqual(error?.code, .git(.tooLarge))
        #expect(error?.message.contains("big is a file of more than 32 MB") == true, "\(error?.message ?? "")")
        try #expect(workshop.git("status --porcelain").isEmpty)
    }

    @Test("never over what others commit meanwhile, which is merged as well")
    func moved() async throws {
        let workshop = try await Workshop(onPause: { git, _ in
            try git.shell("rm .git/refs/heads/main.lock; echo more > more.md && git add . && git commit -qm more")
        })
        try workshop.git.shell("touch .git/refs/heads/main.lock")
        guard case .merged(_, commits: 1, isForward: false) = try await self.merge(workshop) else {
            Issue.record("not merged")
            return
        }
        try expectEqual(workshop.git("log --format=%s -3 --topo-order main").split(separator: "\n").count, 3)
        try expectEqual(workshop.git("cat-file -e main:more.md"), "")
        try expectEqual(workshop.git("status --porcelain"), "")
    }

    @Test("which has to exist")
    func unknown() async throws {
        let workshop = try await Workshop()
        let error = await Workshop.code { _ = try await self.merge(workshop, "nothing") }
        expectEqual(error?.code, .git(.notFound))
        #expect(error?.message.contains("it does not exist") == true)
    }
}
