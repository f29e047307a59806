import Git
import Glibc
import Primitives
import Repositories
import TestSupport
import Testing

@Suite("Features of a repository", .timeLimit(.minutes(1))) struct FeatureTests {
    @Test("a feature is read from its own branch with the repository's settings")
    func own() async throws {
        let workshop = try await Workshop(
            """
            mkdir -p .specify/memory specs/001-login/contracts && echo c > .specify/memory/constitution.md &&
            echo a > specs/001-login/contracts/api.md && echo no > specs/001-login/x.txt &&
            head -c 200000 /dev/zero | tr '\\0' x > specs/001-login/big.md
            """)
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        #expect(files.branch == Workshop.name && files.source == Workshop.name && files.name == Workshop.name)
        try await expectEqual(files.head, workshop.head)
        expectEqual(
            files.files.keys.sorted(),
            [
                ".specify/memory/constitution.md", "specs/001-login/contracts/api.md", "specs/001-login/spec.md",
            ])
        expectEqual(files.text(Workshop.spec), Workshop.text)
        expectEqual(files.tooLarge, ["specs/001-login/big.md"])
        for name in ["001-logi", "002-x", "", "../x", "001-login/contracts", "001-login-9"] {
            try await expectEqual(workshop.repository.feature(name)?.name, nil, "\(name)")
        }
    }

    @Test("a feature is found and read while a change holds up all others")
    func besideChanges() async throws {
        let workshop = try await Workshop()
        let repository = workshop.repository
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        let isHeld = Protected(false)
        async let isReleased = repository.git.hold(until: reading, isHeld)
        try await eventually("a change holds up all others") { isHeld.withLock { $0 } }
        let home = try #require(try await repository.featureHome(Workshop.name))
        let files = try #require(try await repository.feature(Workshop.name))
        let names = try await repository.featureNames()
        let found = try await repository.files(in: [home.folder], endings: [".md"], at: home.head, limit: 10)
        let lists = try await repository.knownTaskLists(limit: 10)
        close(writing)
        let wasReleased = await isReleased
        #expect(wasReleased && lists.isEmpty)
        #expect(home.name == files.name && home.branch == files.branch && home.source == files.source)
        #expect(home.head == files.head && home.folder == files.folder)
        #expect(names == [Workshop.name] && found.items.map(\.path) == [Workshop.spec])
        try await expectEqual(workshop.repository.featureHome("002-x")?.name, nil)
    }

    @Test("files whose paths the host refuses are left out and counted")
    func refused() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell(
            """
            blob=$(git rev-parse \(Workshop.name):\(Workshop.spec))
            folder=$({ git ls-tree \(Workshop.name):specs/\(Workshop.name)
                printf '100644 blob %s\\t%0300d.md\\n' $blob 1; } | git mktree)
            specs=$(printf '040000 tree %s\\t\(Workshop.name)\\n' $folder | git mktree)
            tree=$(printf '040000 tree %s\\tspecs\\n' $specs | git mktree)
            git update-ref refs/heads/\(Workshop.name) $(git commit-tree $tree -p \(Workshop.name) -m long)
            """)
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        #expect(Array(files.files.keys) == [Workshop.spec] && files.refused == 1)
        let found = try await workshop.repository.files(in: ["specs"], endings: [".md"], at: files.head, limit: 10)
        #expect(found.items.map(\.path) == [Workshop.spec] && found.isCut)
        let overview = try await workshop.repository.overview(of: Workshop.name)
        expectEqual(overview.features.items.first?.documents.map(\.path), [Workshop.spec])
    }

    @Test("a text has no long run of marks, and the bytes are as they were committed")
    func marks() async throws {
        let path = "specs/001-login/marks.md"
        let workshop = try await Workshop(
            "for i in $(seq 1000); do printf '\\314\\201\\314\\226'; done > \(path)")
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        expectEqual(files.files[path]?.count, 4_000)
        expectEqual(files.text(path)?.unicodeScalars.contains("\u{34F}"), true)
        let known = try await workshop.repository.knownText(of: path, at: Workshop.name, limit: 10_000)
        expectEqual(known?.unicodeScalars.contains("\u{34F}"), true)
    }

    @Test("on the default branch only, its first change makes a branch of its name")
    func merged() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell("git merge -q \(Workshop.name) && git branch -q -D \(Workshop.name)")
        let main = try await workshop.repository.git.resolve("main")
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        #expect(files.branch == Workshop.name && files.source == "main" && files.head == main)
        let made = try await workshop.repository.write(
            workshop.change([Workshop.spec: "x\n"], base: files.head, branch: files.branch))
        expectEqual(made.made?.branch, Workshop.name)
        try await expectEqual(workshop.repository.git.resolve("main"), main)
        try await expectEqual(workshop.repository.feature(Workshop.name)?.source, Workshop.name)
    }

    @Test("on a remote's branch only, its first change makes a local branch")
    func remote() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell(
            "git update-ref refs/remotes/origin/\(Workshop.name) \(Workshop.name) && git branch -q -D \(Workshop.name)")
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        #expect(files.branch == Workshop.name && files.source == "origin/\(Workshop.name)")
        let made = try await workshop.repository.write(
            workshop.change([Workshop.spec: "x\n"], base: files.head, branch: files.branch))
        expectEqual(made.made?.branch, Workshop.name)
    }

    @Test("a branch of another name is kept")
    func otherBranch() async throws {
        let workshop = try await Workshop()
        try workshop.git("branch -q -m \(Workshop.name) ada/login")
        let files = try #require(try await workshop.repository.feature(Workshop.name))
        #expect(files.branch == "ada/login" && files.source == "ada/login")
    }

    @Test("names are listed once, the highest number first, with hundreds of branches")
    func names() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell(
            """
            head=$(git rev-parse \(Workshop.name)) && for i in $(seq 300); do
                echo "create refs/heads/x-$i $head"; done | git update-ref --stdin
            git switch -q -c 1000-far main && mkdir -p specs/1000-far specs/020-mid specs/none &&
            touch specs/1000-far/spec.md specs/020-mid/spec.md specs/none/a.md && git add . && git commit -qm x
            """)
        try await expectEqual(workshop.repository.featureNames(), ["1000-far", "020-mid", "001-login"])
        try await expectEqual(workshop.repository.feature("020-mid")?.branch, "020-mid")
        try await expectEqual(workshop.repository.feature("030-no"), nil)
    }

    @Test("of more than 1,000 the newest are listed, those of one number by the bytes of their names")
    func many() async throws {
        let workshop = try await Workshop()
        try workshop.git.shell(
            """
            folder=$(git rev-parse \(Workshop.name):specs/001-login)
            names() { seq -f '%04.0f-x' 1100; printf '2000-%s\\n' f 'e\u{301}'; }
            specs=$(names | sed "s/^/040000 tree $folder\\t/" | git mktree)
            tree=$(printf '040000 tree %s\\tspecs\\n' $specs | git mktree)
            git branch many $(git commit-tree $tree -p HEAD -m many)
            """)
        let numbered = (103...1_100).reversed().map { "\(10_000 + $0)-x".dropFirst().description }
        try await expectEqual(workshop.repository.featureNames(), ["2000-f", "2000-e\u{301}"] + numbered)
    }

    @Test("the task lists of the newest features are read from where the features are, without their other files")
    func taskLists() async throws {
        let workshop = try await Workshop("echo '- [ ] T001 a' > specs/001-login/tasks.md")
        try workshop.git.shell(
            """
            for i in 2 3 4; do mkdir -p specs/00$i-f && echo x > specs/00$i-f/spec.md; done
            echo '- [ ] T002 b' > specs/002-f/tasks.md && mkdir specs/003-f/tasks.md && echo x > specs/003-f/tasks.md/x
            head -c 200000 /dev/zero | tr '\\0' x > specs/004-f/tasks.md && git add . && git commit -qm more
            """)
        let lists = try await workshop.repository.knownTaskLists(limit: 10)
        expectEqual(lists.map(\.name), ["002-f", "001-login"])
        expectEqual(lists.map(\.path), ["specs/002-f/tasks.md", "specs/001-login/tasks.md"])
        #expect(lists.map(\.branch) == ["002-f", Workshop.name] && lists.map(\.source) == ["main", Workshop.name])
        expectEqual(lists.map { String(decoding: $0.bytes, as: UTF8.self) }, ["- [ ] T002 b\n", "- [ ] T001 a\n"])
        try await expectEqual(workshop.repository.knownTaskLists(limit: 3).map(\.name), ["002-f"])
    }
}

extension GitRepository {
    /// Holds the thread of all changes until the other end of a pipe is closed; false if that takes 20 seconds.
    fileprivate func hold(until end: Int32, _ isHeld: Protected<Bool>) -> Bool {
        isHeld.withLock { $0 = true }
        var descriptor = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 20_000) == 1
    }
}
