import Chat
import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: what a repository says about its files and commits", .timeLimit(.minutes(2)))
struct RepositorySettingsTests {
    typealias Fixture = WorkspaceFixture

    /// Files in a workspace, by name.
    private static func bytes(_ names: [String], _ workspace: Workspace) async throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in names { files[name] = try await workspace.read(name, limit: 1 << 20) }
        return files
    }

    // MARK: Line ends

    @Test("a file with CRLF is committed with LF, and only what is new differs")
    func lineEnds() async throws {
        let fixture = try Fixture(["a.txt": "one\ntwo\n", ".gitattributes": "* text=auto eol=crlf\n"])
        let workspace = try await fixture.open()
        try await expectEqual(Fixture.text(workspace, "a.txt"), "one\r\ntwo\r\n")
        try await expectEqual(workspace.diff(), "")
        try await workspace.write(Array("one\r\ntwo\r\nthree\r\n".utf8), to: "a.txt")
        try await expectEqual(workspace.draft()?.files, ["a.txt +1 −0"])
        let notice = try #require(try await workspace.commit("More", by: Fixture.ada, turn: "t1"))
        #expect((notice.files, notice.additions, notice.deletions) == (1, 1, 0))
        try expectEqual(
            fixture.git("cat-file blob \(Fixture.branch):a.txt | od -An -c | tr -d ' \\n'"), #"one\ntwo\nthree\n"#)
        // A program that writes LF changes nothing.
        try await workspace.write(Array("one\ntwo\nthree\n".utf8), to: "a.txt")
        try await expectEqual(workspace.commit("Nothing", by: Fixture.ada, turn: "t2"), nil)
        try await expectEqual(workspace.unsavedWork(), nil)
    }

    @Test("the workspace follows its branch with CRLF, and undo and discarding keep it")
    func following() async throws {
        let fixture = try Fixture([
            "a.txt": "one\n", "b.txt": "b\n", ".gitattributes": "*.txt text eol=crlf\n", "c": "c\n",
        ])
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "new")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        let first = try await workspace.snapshot("first")
        let clone = try Self.clone(fixture, Fixture.branch)
        try clone.shell("printf 'one\\r\\ntwo\\r\\n' >a.txt; git commit -qam two; git push -q origin HEAD")
        try Fixture.shell("printf 'b\\r\\nmine\\r\\n' >b.txt", in: workspace)
        try await expectEqual(workspace.draft()?.files, ["b.txt +1 −0"])
        try await expectEqual(Fixture.text(workspace, "a.txt"), "one\r\ntwo\r\n")
        _ = try await workspace.restore(first.id)
        try await expectEqual(Fixture.text(workspace, "a.txt"), "one\r\ntwo\r\n")
        try await expectEqual(Fixture.text(workspace, "b.txt"), "b\r\n")
        try await expectEqual(workspace.diff(), "")
        try Fixture.shell("printf 'x\\n' >a.txt; printf 'x\\n' >c", in: workspace)
        #expect(try await workspace.discardChanges("again") != nil)
        try await expectEqual(Fixture.text(workspace, "a.txt"), "one\r\ntwo\r\n")
        try await expectEqual(Fixture.text(workspace, "c"), "c\n")
        try await expectEqual(workspace.discardChanges("again"), nil)
    }

    /// A clone of a fixture's repository as Git makes it, beside it.
    private static func clone(_ fixture: Fixture, _ branch: String, _ options: String = "") throws -> RealGit {
        let path = "\(fixture.directory.path)/clone"
        try fixture.git("clone -q \(options) -b \(branch) . '\(path)'")
        return RealGit(path)
    }

    static let contents: KeyValuePairs<String, String> = [
        "lf": "a\\nb\\n", "crlf": "a\\r\\nb\\r\\n", "mixed": "a\\nb\\r\\n", "cr": "a\\rb\\n", "crcrlf": "a\\r\\r\\n",
        "nul": "a\\r\\n\\0\\n",
        "none": "a", "empty": "", "end": "a\\r\\nb\\r", "dos": "a\\r\\n\\032", "odd": "\\001\\r\\n\\n",
    ]

    @Test(
        "every attribute and setting gives the files and the commit that Git gives",
        arguments: [
            "", "* text", "* text=auto", "* -text", "* eol=crlf", "* eol=lf", "* text=auto eol=lf", "* text eol=crlf",
            "* text=auto eol=crlf", "* text=input", "* crlf", "* -crlf", "* crlf=input", "* binary",
            "* text=auto\\nl* -text",
            "[attr]wide text eol=crlf\\n* wide\\nmixed !eol",
            "\\042c*\\042 eol=crlf\\n# x\\n/d/lf text eol=crlf\\nd/*/cr text",
            "d/ eol=crlf", "d/** text eol=crlf\\n!lf eol=crlf",
        ], ["false", "true", "input"])
    func likeGit(_ attributes: String, _ conversion: String) async throws {
        let fixture = try Fixture([:])
        let names = Self.contents.map(\.key)
        let all = names + names.map { "d/e/\($0)" }
        try fixture.git.shell("mkdir -p d/e; git config core.autocrlf false")
        for (name, content) in Self.contents { try fixture.git.shell("printf '\(content)' | tee \(name) >d/e/\(name)") }
        try fixture.git("add -A")
        try fixture.git.shell(
            "git commit -qm files; printf '\(attributes)\\n' >.gitattributes; git add .; git commit -qm rules")
        try fixture.git("config core.autocrlf \(conversion)")
        let workspace = try await fixture.open()
        let clone = try Self.clone(fixture, "main", "-c core.autocrlf=\(conversion)")
        let files = try await Self.bytes(all, workspace)
        for name in all {
            let text = try clone.shell("od -An -v -tu1 '\(name)'")
            expectEqual(files[name], text.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0) }, name)
        }
        // What both commit when every file changes, also its line ends.
        let change = """
            for f in \(all.joined(separator: " ")); do printf 'new\\r\\nline\\n' >>$f; done
            for c in lf crlf mixed cr nul; do cat $c >n$c; done
            """
        try clone.shell("\(change); git add -A; git commit -qm all")
        try Fixture.shell(change, in: workspace)
        _ = try await workspace.commit("all", by: Fixture.ada, turn: "t")
        try expectEqual(fixture.git("ls-tree -r \(Fixture.branch)"), clone("ls-tree -r HEAD"))
    }

    // MARK: Filters

    @Test("a changed file of Git LFS is refused by name, and pointers that nobody changes stay")
    func largeFiles() async throws {
        let pointer =
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 3\n"
        let fixture = try Fixture([".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": pointer])
        let workspace = try await fixture.open()
        try await workspace.write([65], to: "other")
        try await workspace.write(Array(pointer.utf8), to: "copy.bin")
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
        for name in ["a.bin", "d/new.bin"] {
            try await workspace.write([0, 1, 2], to: name)
            for attempt in [
                { _ = try await workspace.draft() },
                { () async throws in
                    _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
                },
            ] {
                let message = await Fixture.failure { try await attempt() }
                #expect(
                    message.hasPrefix("\(name) can't be committed because `.gitattributes` keeps it in Git LFS"),
                    "\(message)")
            }
            // It can be looked at and taken back.
            #expect(try await workspace.diff().contains(name))
            try await expectEqual(workspace.unsavedWork(), .changes)
            #expect(try await workspace.discardChanges("back") != nil)
        }
        try await expectEqual(Fixture.text(workspace, "a.bin"), pointer)
        try await workspace.write([66], to: "other")
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
    }

    @Test("a configured filter is not run: what would need it is refused")
    func filters() async throws {
        let fixture = try Fixture([
            ".gitattributes": "*.key filter=secret\n*.ipynb filter=strip\n*.u working-tree-encoding=UTF-16\n",
            "a.key": "x\n",
        ])
        let ran = "\(fixture.directory.path)/ran"
        try fixture.git("config filter.secret.clean 'touch \(ran); cat'")
        try fixture.git("config filter.secret.smudge 'touch \(ran); cat'")
        let workspace = try await fixture.open()
        // As Git does without that program.
        try await workspace.write([65], to: "b.ipynb")
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
        for (name, reason) in [("a.key", "has the filter secret for it"), ("b.u", "gives it the encoding UTF-16")] {
            try await workspace.write([66], to: name)
            let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
            #expect(message.hasPrefix("\(name) can't be committed because `.gitattributes` \(reason)"), "\(message)")
            _ = try await workspace.discardChanges("back")
        }
        try expectEqual(fixture.git.shell("ls '\(ran)' 2>/dev/null || true"), "")
    }

    @Test("Git in the jail has the repository's settings, and sees no change")
    func gitInJail() async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make { try $0("config core.autocrlf true") }
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\r\n")
        try await expectEqual(git("git status --short"), [])
        try await git("printf 'more\\r\\n' >>README.md; git commit -qam more")
        try await expectEqual(workspace.takeOver().map(\.additions), [1])
        try expectEqual(fixture.git("cat-file blob \(Fixture.branch):README.md"), "hello\nmore")
    }

    @Test("a commit made in the jail with a file of Git LFS is not taken over")
    func inJail() async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make { repository in
            try repository.shell(
                "mkdir -p d; printf '*.bin filter=lfs -text\\n' >d/.gitattributes; git add -A; git commit -qm rules")
        }
        try await git("printf x >d/a.bin; printf x >b.bin; git add -A; git commit -qm big")
        let message = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(message.contains("is refused because of d/a.bin: `.gitattributes` keeps it in Git LFS"), "\(message)")
        try await git("git reset -q --soft HEAD^; git restore --staged d/a.bin; git commit -qm small; rm d/a.bin")
        try await expectEqual(workspace.takeOver().map(\.subject), ["small"])
        try expectEqual(fixture.git("ls-tree -r --name-only \(Fixture.branch) d b.bin"), "b.bin\nd/.gitattributes")
    }

    // MARK: Signatures, submodules

    @Test(
        "that a commit is not signed is said once where the repository asks for signatures", arguments: [true, false])
    func signatures(_ isAsked: Bool) async throws {
        let occupants = ToldOccupants()
        let fixture = try Fixture(occupants: occupants)
        if isAsked { try fixture.git("config commit.gpgsign true") }
        let workspace = try await fixture.open()
        for text in 65..<68 {
            try await workspace.write([UInt8(text)], to: "a")
            #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
        }
        expectEqual(occupants.texts.count { $0.hasPrefix("The commit is not signed, though") }, isAsked ? 1 : 0)
        expectEqual(occupants.texts.count, isAsked ? 1 : 0)
    }

    @Test("what changes in a submodule's folder is said, never dropped silently")
    func submodules() async throws {
        let occupants = ToldOccupants()
        let fixture = try Fixture(occupants: occupants)
        let id = try fixture.git("rev-parse HEAD")
        try fixture.git("update-index --add --cacheinfo 160000,\(id),lib")
        try fixture.git("commit -qm lib")
        let workspace = try await fixture.open()
        try await expectEqual(workspace.commit("m", by: Fixture.ada, turn: "t"), nil)
        try Fixture.shell("echo x >lib/file.txt", in: workspace)
        for attempt in [
            { _ = try await workspace.draft() },
            { () async throws in
                _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
            },
        ] {
            let message = await Fixture.failure { try await attempt() }
            #expect(
                message.hasPrefix("nothing was committed: `lib` is a submodule: what is in its folder"), "\(message)")
        }
        try await workspace.write([65], to: "new")
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t")?.files == 1)
        expectEqual(occupants.texts.map { $0.prefix(21) }, ["`lib` is a submodule:"])
        #expect(try fixture.git("ls-tree \(Fixture.branch) lib").hasPrefix("160000 commit \(id)"))
    }
}
