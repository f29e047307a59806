import Chat
import Git
import Logging
import Repositories
import TestSupport
import Testing

@Suite("A repository's overview", .timeLimit(.minutes(1))) struct OverviewTests {
    private static func repository(_ script: String) async throws -> (LocalRepository, RealGit, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        let git = RealGit(path)
        try git.shell(script)
        return (try catalog.repository(nil), git, directory)
    }

    private static let script = """
        commit() { git add . && GIT_COMMITTER_DATE="$1" git commit -q -m "$2"; }
        mkdir -p docs specs/001-old && printf '# About\\n' > README.md && printf 'no heading\\n' > docs/a.markdown
        printf '# Feature Specification: Old\\n\\n**Status**: Approved\\n' > specs/001-old/spec.md
        echo x > code.c && ln -s README.md link.md && commit 2026-01-02T00:00:00Z 'On main'
        git switch -q -c 002-new && mkdir -p specs/002-new/checklists
        printf '# Feature Specification: New\\n**Status**: Draft\\n[NEEDS CLARIFICATION: a] and [NEEDS CLARIFICATION: b]\\n' \
            > specs/002-new/spec.md
        printf '# Checklist\\n- [x] one\\n- [ ] two\\n* [X] three\\n' > specs/002-new/checklists/requirements.md
        commit 2026-01-04T00:00:00Z 'A new feature'
        git switch -q -c zeta main && commit_empty() { GIT_COMMITTER_DATE="$1" git commit -q --allow-empty -m z; }
        commit_empty 2026-01-03T00:00:00Z && git switch -q main
        """

    @Test("branches begin with the default one, then the newest; features come from all of them, with their state")
    func defaultBranch() async throws {
        let (repository, _, directory) = try await Self.repository(Self.script)
        defer { _ = directory }
        let overview = try await repository.overview()
        #expect(overview.branch == "main" && overview.defaultBranch == "main")
        expectEqual(overview.branches.items.map(\.branch.name), ["main", "002-new", "zeta"])
        expectEqual(overview.branches.items.map(\.commit.subject), ["On main", "A new feature", "z"])
        expectEqual(overview.features.items.map(\.name), ["002-new", "001-old"])
        expectEqual(overview.features.items.map(\.branch), ["002-new", "main"])
        let documents = overview.features.items[0].documents
        expectEqual(documents.map(\.path), ["specs/002-new/spec.md", "specs/002-new/checklists/requirements.md"])
        expectEqual(documents[0].state.title, "Feature Specification: New")
        #expect(documents[0].state.status == "Draft" && documents[0].state.openQuestions == 2)
        #expect(documents[1].state.ticked == 2 && documents[1].state.boxes == 3)
        expectEqual(overview.documents.items.map(\.path), ["README.md", "docs/a.markdown"])
        expectEqual(overview.documents.items.map(\.state.title), ["About", nil])
        expectEqual(overview.entries.map(\.name), ["docs", "specs", "README.md", "code.c", "link.md"])
        #expect(!overview.branches.isCut && !overview.features.isCut && !overview.documents.isCut)
    }

    @Test("a chosen branch shows only its own; an unknown one is not found")
    func chosen() async throws {
        let (repository, _, directory) = try await Self.repository(Self.script)
        defer { _ = directory }
        let overview = try await repository.overview(of: "zeta")
        #expect(overview.branch == "zeta" && overview.defaultBranch == "main")
        expectEqual(overview.features.items.map(\.name), ["001-old"])
        expectEqual(overview.features.items.map(\.branch), ["zeta"])
        for unknown in ["none", "../x", "HEAD~1"] {
            await #expect(throws: RepositoryError.self) { _ = try await repository.overview(of: unknown) }
        }
    }

    @Test("while HEAD is at a commit, the configured branch is the default one, else the newest")
    func detached() async throws {
        let (repository, git, directory) = try await Self.repository(Self.script)
        defer { _ = directory }
        try git.shell("git switch -q --detach zeta")
        let overview = try await repository.overview()
        #expect(overview.branch == "main" && overview.defaultBranch == "main")
        expectEqual(overview.branches.items.map(\.branch.name), ["main", "002-new", "zeta"])
        try git.shell("git branch -q -D main")
        try await expectEqual(repository.overview().defaultBranch, "002-new")
    }

    @Test("an empty repository has an overview")
    func empty() async throws {
        let (repository, _, directory) = try await Self.repository("true")
        defer { _ = directory }
        let overview = try await repository.overview()
        expectEqual(overview.branches.items.map(\.branch.name), ["main"])
        #expect(overview.features.items.isEmpty && overview.documents.items.isEmpty && overview.entries.isEmpty)
    }

    @Test("a repository with more than a page can show is cut, and says so; the default branch stays")
    func bounded() async throws {
        let (repository, git, directory) = try await Self.repository(
            """
            for i in 1 2 3 4 5 6; do mkdir -p specs/00$i-f && echo "# $i" > specs/00$i-f/spec.md; echo x > $i.md; done
            git add . && git commit -q -m many && for i in 1 2 3 4; do git branch a$i; done
            """)
        defer { _ = directory }
        var limits = OverviewLimits()
        (limits.branches, limits.features, limits.documents) = (3, 4, 2)
        let overview = try await repository.overview(limits: limits)
        #expect(overview.branches.isCut && overview.branches.items.map(\.branch.name) == ["main", "a1", "a2"])
        #expect(overview.features.isCut)
        expectEqual(overview.features.items.map(\.name), ["006-f", "005-f", "004-f", "003-f"])
        #expect(overview.documents.isCut && overview.documents.items.map(\.path) == ["1.md", "2.md"])
        limits.folders = 3
        let fewer = try await repository.overview(limits: limits).features
        #expect(fewer.isCut && fewer.items.map(\.name) == ["003-f", "002-f", "001-f"])
        let id = try await repository.git.resolve("main")
        let few = try await repository.git.files(in: "", endings: [".md"], at: id, limit: 100, visits: 3)
        #expect(few.isCut && few.items.count == 3)
        try git.shell("true")
    }

    @Test("a folder below specs whose name is refused is left out, and the list says that it is cut")
    func refusedNames() async throws {
        let (repository, _, directory) = try await Self.repository(
            """
            mkdir -p specs/001-good && echo '# Good' > specs/001-good/spec.md &&
            echo '- [ ] T001 a' > specs/001-good/tasks.md && git add . && git commit -q -m good
            good=$(git rev-parse HEAD:specs/001-good)
            specs=$(printf '040000 tree %s\\t%s\\n' $good 001-good $good '002-a\\b' $good 'git~1' | git mktree)
            t=$(printf '040000 tree %s\\tspecs\\n' $specs | git mktree)
            git branch hostile $(git commit-tree $t -p HEAD -m hostile)
            """)
        defer { _ = directory }
        let overview = try await repository.overview()
        expectEqual(overview.features.items.map(\.name), ["001-good"])
        #expect(overview.features.isCut && overview.branches.items.count == 2)
        try await expectEqual(repository.featureNames(), ["001-good"])
        try await expectEqual(repository.knownTaskLists(limit: 10).map(\.name), ["001-good"])
    }

    @Test("documents of marks are read at once")
    func marks() async throws {
        let marks = (0..<16_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let (repository, git, directory) = try await Self.repository(Self.script)
        defer { _ = directory }
        try git.shell(
            """
            mkdir marks && printf '# a%s\\n' '\(marks)' > marks/0.md
            for i in $(seq 100); do (cat marks/0.md; echo $i) > marks/$i.md; done
            git add . && git commit -q -m marks
            """)
        let documents = try await repository.overview().documents.items
        expectEqual(documents.count { $0.path.hasPrefix("marks/") }, 101)
    }
}

@Suite("What a document says about itself") struct DocumentStateTests {
    @Test(
        "its status is read in the usual spellings",
        arguments: [
            ("**Status**: Draft", "Draft"), ("**Status:** In review", "In review"), ("Status: done", "done"),
            ("status:`x`", "x"), ("The status: x", nil), ("**Status**:", nil), ("Statuses: x", nil),
        ] as [(String, String?)])
    func status(line: String, expected: String?) {
        expectEqual(DocumentState("# T\n\n\(line)\n").status, expected)
    }

    @Test("boxes and open questions are counted, whatever ends a line")
    func counts() {
        let state = DocumentState(
            "# **A** `b`\r\n* [x] a\r+ [X] b\n-  [ ] c\n[NEEDS CLARIFICATION: a] and [NEEDS CLARIFICATION]\n[needs x]\n"
        )
        expectEqual(state.title, "A b")
        #expect(state.boxes == 3 && state.ticked == 2 && state.openQuestions == 2)
    }

    @Test("code is not read, and long titles are cut")
    func code() {
        let state = DocumentState(
            "```\n# no\n- [x] no\n```\n\n#tag\n## \(String(repeating: "w", count: 200))\r\n  - [ ] yes\n- [link](x)\n")
        #expect(state.title?.count == 120 && state.title?.hasSuffix("…") == true)
        #expect(state.boxes == 1 && state.ticked == 0)
        expectEqual(DocumentState("").title, nil)
    }
}
