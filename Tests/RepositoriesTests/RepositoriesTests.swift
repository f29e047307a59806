import Chat
import Git
import Logging
import TestSupport
import Testing

@testable import Repositories

private let ada = Sender(id: "irc:local/account:ada", identities: [], displayName: "Ada Lovelace")

/// A catalog with one repository in a temporary directory.
private struct Fixture {
    let directory: TemporaryDirectory
    let catalog: RepositoryCatalog
    let git: RealGit

    init(branch: String? = "main") throws {
        self.directory = try TemporaryDirectory()
        let path = self.directory.path + "/notes"
        self.catalog = RepositoryCatalog(
            [
                RepositorySetting(name: "notes", place: .local(path: path), branch: branch),
                RepositorySetting(name: "app", place: .local(path: self.directory.path + "/app")),
            ], now: { 1_700_000_000 }, logger: Logger(label: "test"))
        self.git = RealGit(path)
    }

    var repository: LocalRepository { get throws { try self.catalog.repository(nil) } }

    @discardableResult
    func make(_ shortName: String, turn: String) async throws -> MadeCommit {
        let repository = try self.repository
        let base = try await repository.checkReady()
        let name = try await repository.reserve(shortName)
        return try await repository.commit(
            name, onBase: base, author: GitSignature(person: ada, seconds: 1_700_000_000), turn: turn
        ) { name in
            ("Specify \(name)", "", [try Document(path: "specs/\(name)/spec.md", text: "# \(name)\n")])
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct LocalRepositoryTests {
    @Test("a missing repository is created, and a document is committed on a new branch")
    func commit() async throws {
        let fixture = try Fixture()
        #expect(await fixture.catalog.prepare().isEmpty)
        let made = try await fixture.make("login-page", turn: "t1")
        expectEqual(made.branch, "001-login-page")
        expectEqual(made.stat, GitStat(files: 1, additions: 1, deletions: 0))
        expectEqual(made.notice.sha, made.id.hex)
        expectEqual(made.notice.repository, "notes")
        try expectEqual(fixture.git("show 001-login-page:specs/001-login-page/spec.md"), "# 001-login-page")
        #expect(
            try fixture.git("log -1 --format='%an|%ae|%cn|%(trailers:key=Jetbridge-Turn,valueonly)' 001-login-page")
                .hasPrefix("Ada Lovelace|irc-local-account-ada."))
        try expectEqual(fixture.git("status --porcelain --branch"), "## main")
        try await expectEqual(fixture.repository.find(turn: "t1"), made)
        try await expectEqual(fixture.repository.find(turn: "t"), nil)
        try fixture.git("fsck --strict")
    }

    @Test("once the budget for several commits is spent, lines are not counted; files and documents are")
    func budget() async throws {
        let fixture = try Fixture()
        let made = try await fixture.make("login", turn: "t1")
        let path = "specs/001-login/spec.md"
        #expect(made.stat.additions == 1 && made.documents == [path])
        let later = try await MadeCommit(
            made.id, on: made.branch, of: made.repository, fixture.repository.git, within: GitStatBudget(.zero))
        expectEqual(later.stat, GitStat(files: 1, additions: 0, deletions: 0))
        expectEqual(later.documents, [path])
    }

    @Test("simultaneous reservations get different numbers, without gaps")
    func concurrent() async throws {
        let fixture = try Fixture()
        await fixture.catalog.prepare()
        let branches = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<12 {
                group.addTask { try await fixture.make("thing", turn: "t\(index)").branch }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        expectEqual(Set(branches).count, 12)
        expectEqual(branches.sorted().last, "012-thing")
    }

    @Test("an earlier reservation that is committed later keeps its number")
    func overtaken() async throws {
        let fixture = try Fixture()
        let repository = try fixture.repository
        let base = try await repository.checkReady()
        let first = try await repository.reserve("first")
        let second = try await fixture.make("second", turn: "t2")
        let author = GitSignature(person: ada, seconds: 0)
        let made = try await repository.commit(first, onBase: base, author: author, turn: "t1") { name in
            ("Specify", "", [try Document(path: "specs/\(name)/spec.md", text: "x")])
        }
        expectEqual(second.branch, "002-second")
        expectEqual(made.branch, "001-first")
    }

    @Test("a freed number is reused; one that another program takes is skipped")
    func renumber() async throws {
        let fixture = try Fixture()
        let repository = try fixture.repository
        let base = try await repository.checkReady()
        let unused = try await repository.reserve("unused")
        await repository.release(unused)
        let name = try await repository.reserve("mine")
        expectEqual(name.name.description, "001-mine")
        try fixture.git("branch 001-theirs")
        let author = GitSignature(person: ada, seconds: 0)
        let made = try await repository.commit(name, onBase: base, author: author, turn: "t") { name in
            ("Specify \(name)", "", [try Document(path: "specs/\(name)/spec.md", text: "\(name)")])
        }
        expectEqual(made.branch, "002-mine")
        try expectEqual(fixture.git("show 002-mine:specs/002-mine/spec.md"), "002-mine")
    }

    @Test("numbers continue from folders and branches, including remote ones, read as decimal")
    func numbering() async throws {
        let fixture = try Fixture()
        let repository = try fixture.repository
        _ = try await repository.checkReady()
        try fixture.git.shell(
            "mkdir -p specs/010-x && touch specs/010-x/spec.md && git add . && git commit -qm x && git branch feature/008-y"
        )
        try await expectEqual(repository.reserve("a").name.number, 11)
        try fixture.git("update-ref refs/remotes/origin/0041-far main")
        try await expectEqual(repository.reserve("b").name.number, 42)
        try fixture.git("branch 20260101-120000-stamp")
        try await expectEqual(repository.reserve("c").name.number, 43)
    }

    @Test("an invalid document frees its number and commits nothing")
    func refused() async throws {
        let fixture = try Fixture()
        let repository = try fixture.repository
        let base = try await repository.checkReady()
        let name = try await repository.reserve("large")
        await #expect(throws: RepositoryError.self) {
            _ = try await repository.commit(
                name, onBase: base, author: GitSignature(person: ada, seconds: 0), turn: "t"
            ) { name in
                let text = String(repeating: "x", count: Document.sizeLimit + 1)
                return ("s", "", [try Document(path: "specs/\(name)/spec.md", text: text)])
            }
        }
        try expectEqual(fixture.git("branch --format='%(refname:short)'"), "main")
        try await expectEqual(repository.reserve("next").name.number, 1)
    }

    @Test("the configured main falls back to the repository's own branch; another name does not")
    func baseBranch() async throws {
        let fixture = try Fixture()
        try RealGit(fixture.directory.path).shell("git init -q -b trunk notes")
        try await expectEqual(fixture.repository.checkReady().name, "trunk")
        let strict = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: fixture.git.path), branch: "develop")],
            now: { 0 }, logger: Logger(label: "test"))
        await #expect(throws: RepositoryError.self) { _ = try await strict.repository("notes").checkReady() }
    }

    @Test("the viewer's pages: a commit with its diff, a file, a folder")
    func pages() async throws {
        let fixture = try Fixture()
        let made = try await fixture.make("page", turn: "t1")
        let repository = try fixture.repository
        let page = try await repository.commitPage(made.id.short)
        expectEqual(page.commit.subject, "Specify 001-page")
        expectEqual(page.diff.files.map(\.path), ["specs/001-page/spec.md"])
        let file = try await repository.filePage("specs/001-page/spec.md", at: "001-page")
        expectEqual(file.bytes, Array("# 001-page\n".utf8))
        #expect(file.commit == made.id && !file.isLink)
        try await expectEqual(repository.folderPage("specs", at: made.id.hex).entries.map(\.name), ["001-page"])
        try await expectEqual(repository.text(of: "specs/001-page/spec.md", at: "001-page"), "# 001-page\n")
        try await expectEqual(repository.text(of: "none", at: "main"), nil)
        for ref in ["0000000", "../..", "no branch"] {
            await #expect(throws: RepositoryError.self) { _ = try await repository.commitPage(ref) }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct RepositoryCatalogTests {
    @Test("a repository is found by name or by default; an unknown one is reported with what to do")
    func lookup() async throws {
        let fixture = try Fixture()
        expectEqual(fixture.catalog.names, ["notes", "app"])
        expectEqual(fixture.catalog.defaultName, "notes")
        try expectEqual(fixture.catalog.repository("notes").name, "notes")
        #expect(throws: RepositoryError.self) { try fixture.catalog.repository("nots") }
        try expectEqual(fixture.catalog.repository("app").name, "app")
        let none = RepositoryCatalog([], now: { 0 }, logger: Logger(label: "test"))
        #expect(throws: RepositoryError.self) { try none.repository(nil) }
    }

    @Test("a repository that can't be created is reported by name and does not affect the others")
    func unusable() async throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("touch file")
        let catalog = RepositoryCatalog(
            [
                RepositorySetting(name: "bad", place: .local(path: directory.path + "/file")),
                RepositorySetting(name: "good", place: .local(path: directory.path + "/good")),
            ], now: { 0 }, logger: Logger(label: "test"))
        let failures = await catalog.prepare()
        expectEqual(failures.keys.sorted(), ["bad"])
        expectEqual(failures["bad"]?.code, .git(.pathIsFile))
        _ = try await catalog.repository("good").checkReady()
    }
}

@Suite struct RepositoryNameTests {
    @Test(
        "a folder's or branch's number is read as decimal",
        arguments: [
            ("001-a", 1), ("010-a", 10), ("1234-a", 1234), ("origin/007-a", 7), ("feature/x/008-b", 8), ("12-a", nil),
            ("001", nil), ("001a", nil), ("a-001", nil), ("20260101-120000-a", nil), ("", nil), ("-", nil),
        ] as [(String, Int?)])
    func number(name: String, expected: Int?) {
        expectEqual(NumberedName.number(of: name), expected)
    }

    @Test("names have three digits or more, and at most 244 bytes, cut after a word")
    func names() {
        expectEqual(NumberedName(number: 7, shortName: "a").description, "007-a")
        expectEqual(NumberedName(number: 1000, shortName: "a").description, "1000-a")
        let long = NumberedName(number: 7, shortName: String(repeating: "abcdefg-", count: 40) + "z")
        #expect(long.description.utf8.count <= 244)
        #expect(long.description.hasSuffix("-abcdefg"))
        expectEqual(NumberedName(number: 7, shortName: String(repeating: "a", count: 300)).description.utf8.count, 244)
    }

    @Test(
        "document names are limited to a fixed set of characters",
        arguments: [
            "Spec.md", "a b", "ä.md", "../x", "/x", "x/", ".git/x", "", String(repeating: "a/", count: 130) + "a",
        ])
    func documents(path: String) {
        #expect(throws: RepositoryError.self) { try Document(path: path, text: "") }
    }

    @Test(
        "documents beside conversations are known by the bytes of their paths",
        arguments: [
            ("docs/a.md", true), ("specs/a/b.markdown", true), ("docs/\u{301}a.md", true), ("specs/\u{345}/a.md", true),
            ("docs/a.md\u{301}", false), ("docs.md", false), ("a/docs/b.md", false), ("docs/a.txt", false),
        ] as [(String, Bool)])
    func shown(path: String, expected: Bool) {
        expectEqual(Document.isShown(path), expected)
    }

    @Test("a document may have 100 KB and no more")
    func size() throws {
        _ = try Document(path: "a", text: String(repeating: "x", count: 102_400))
        #expect(throws: RepositoryError.self) { try Document(path: "a", text: String(repeating: "x", count: 102_401)) }
    }

    @Test("a person's mail address is stable, unique and undeliverable")
    func signatures() {
        let mail = GitSignature(person: ada, seconds: 0).mail
        expectEqual(mail, GitSignature(person: ada, seconds: 9).mail)
        #expect(mail.hasSuffix("@users.jetbridge.invalid"))
        let others = ["irc:local/account-ada", "irc:local/account:adA", "matrix:@ada:example.org", "💥", ""]
        let mails = others.map {
            GitSignature(person: Sender(id: $0, identities: [], displayName: ""), seconds: 0).mail
        }
        expectEqual(Set(mails + [mail]).count, others.count + 1)
        #expect(mails.allSatisfy { $0.allSatisfy { $0.isASCII && !$0.isWhitespace } })
        expectEqual(GitSignature(person: Sender(id: "", identities: [], displayName: "<>"), seconds: 0).name, "unknown")
    }
}
