import Chat
import EventLoop
import Git
import Glibc
import Jail
import Processes
import TestSupport
import Testing
import Work

/// Git in a jail with the mounts of a workspace. Needs bubblewrap.
struct GitInJail {
    let workspace: Workspace
    /// Kept from being removed.
    private let directory: TemporaryDirectory?

    init(_ workspace: Workspace, of fixture: WorkspaceFixture?) {
        self.workspace = workspace
        self.directory = fixture?.directory
    }

    /// Runs a shell command at `/workspace` and returns its output.
    @discardableResult
    func callAsFunction(_ command: String, input: String = "") async throws -> [UInt8] {
        let mounts = try await self.workspace.mounts(for: nil)
        var words = [
            "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev",
            "/dev", "--bind", self.workspace.folder, "/workspace",
        ]
        for mount in mounts { words += [mount.isWritable ? "--bind" : "--ro-bind", mount.source, mount.target] }
        words += [
            "--chdir", "/workspace", "--clearenv", "--setenv", "PATH", "/usr/bin", "--", "/bin/sh", "-c", command,
        ]
        let result = try await Process.run(
            ProcessPlan("/usr/bin/bwrap", words), input: Array(input.utf8), keeping: 64 << 20)
        guard result.status.isSuccess else {
            throw WorkspaceFailure("\(command): \(result.status): \(result.errorText)\(result.text)")
        }
        return result.output
    }
}

extension Workspace {
    /// What people's commands do.
    func takeOver(_ right: JailCommitsRight = .ofPeople) async throws -> [CommitNotice] {
        try await self.takeOverCommits(right, by: WorkspaceFixture.ada, turn: "op_1")
    }
}

@Suite("Workspaces: commits made in the jail", .timeLimit(.minutes(2)))
struct TakeOverTests {
    typealias Fixture = WorkspaceFixture

    /// Finds the workspace by itself, as the packer is given before there is one.
    actor Jail {
        /// Weak, because the workspace has the packer.
        private weak var workspace: Workspace?
        private var extra = ""

        func use(_ workspace: Workspace, revisions extra: String = "") {
            self.workspace = workspace
            self.extra = extra
        }

        func pack(_ base: String, _ new: String, _ piece: @Sendable ([UInt8]) async throws -> Void) async throws {
            guard let workspace = self.workspace else { return }
            let git = GitInJail(workspace, of: nil)
            let input = "\(new)\n^\(base)\n\(self.extra)"
            let pack = try await git("git pack-objects --revs --thin --stdout -q", input: input)
            try await piece(pack)
        }
    }

    static func make(
        _ settings: WorkspaceSettings = WorkspaceSettings(), occupants: (any WorkspaceOccupants)? = nil,
        prepare: (RealGit) throws -> Void = { _ in }
    ) async throws -> (Fixture, Workspace, GitInJail) {
        let jail = Jail()
        let fixture = try Fixture(
            settings: settings, packer: { _, base, new, piece in try await jail.pack(base, new, piece) },
            occupants: occupants)
        try prepare(fixture.git)
        let workspace = try await fixture.open()
        let git = GitInJail(workspace, of: fixture)
        await jail.use(workspace)
        return (fixture, workspace, git)
    }

    @Test("git works inside, and its commits are taken over, oldest first")
    func takeOver() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await expectEqual(git("git status --short; git log --format=%s"), Array("First commit\n".utf8))
        try await git("echo a > a; git add a; git commit -qm 'Add a'; echo b >> a; git commit -qam 'Change a'")
        let notices = try await workspace.takeOver()
        expectEqual(notices.map(\.subject), ["Add a", "Change a"])
        expectEqual(notices.map(\.branch), [Fixture.branch, Fixture.branch])
        try expectEqual(fixture.git("rev-parse \(Fixture.branch)"), notices.last?.sha)
        try expectEqual(fixture.git("show \(Fixture.branch):a"), "a\nb")
        try expectEqual(fixture.git("fsck --strict"), "")
        try await expectEqual(workspace.takeOver(), [])
        try expectEqual(RealGit(workspace.folder + "/../host").shell("ls").contains("quarantine"), false)

        // The host's own commits continue them, and git inside sees them.
        try await workspace.write([65], to: "b")
        #expect(try await workspace.commit("Add b", by: Fixture.ada, turn: "t") != nil)
        try await expectEqual(
            git("git status --short; git log --format=%s"), Array("Add b\nChange a\nAdd a\nFirst commit\n".utf8))
        try await git("git commit -q --allow-empty -m 'On top'")
        try await expectEqual(workspace.takeOver().map(\.subject), ["On top"])
    }

    @Test("the person is the author, Jetbridge the committer; whom a command names is kept as a trailer")
    func authors() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await git(
            """
            git commit -q --allow-empty -m Plain; export GIT_AUTHOR_NAME=Linus GIT_AUTHOR_EMAIL=l@example.org
            export GIT_COMMITTER_NAME=Linus GIT_COMMITTER_EMAIL=l@example.org
            git commit -q --allow-empty -m Foreign -m 'Co-authored-by: Bob <b@example.org>'
            """)
        let notices = try await workspace.takeOver()
        expectEqual(notices.map(\.subject), ["Plain", "Foreign"])
        let log = try fixture.git("log -2 --format='%an|%cn|%ce|%(trailers:unfold,separator=;)' \(Fixture.branch)")
        let own = "Ada|Jetbridge|jetbridge@users.jetbridge.invalid|"
        expectEqual(
            log,
            """
            \(own)Co-authored-by: Bob <b@example.org>;Jetbridge-Turn: op_1;Original-Author: Linus <l@example.org>
            \(own)Jetbridge-Turn: op_1
            """)
        // Git in the jail goes on from the new commits, with its changes.
        try await git("echo a > a; git add a; git status --porcelain | grep -q '^A  a'; git commit -qm Next")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Next"])
        #expect(try fixture.git("log --format=%an \(Fixture.branch)").hasPrefix("Ada\nAda\nAda\n"))
    }

    @Test("commits of a model's command wait: other commands leave them, the decided ones are taken over, or all")
    func held() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await workspace.holdCommits()
        try await expectEqual(workspace.jailCommits(), nil)
        // Without commits nothing is held any more.
        try await git("git commit -q --allow-empty -m Person")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Person"])

        try await workspace.holdCommits()
        // A person's job ends beside the model's command, which commits only then.
        try await expectEqual(workspace.takeOver(), [])
        try await git("echo x > x; git add x; git commit -qm Model")
        let commits = try #require(try await workspace.jailCommits())
        #expect(commits.subjects == ["Model"] && commits.changes.files == ["x +1 −0"])
        #expect(commits.changes.diff.contains("+x"))
        let held = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(held.contains("nobody has allowed it"), "\(held)")
        try await git("git commit -q --allow-empty -m Another")
        let changed = await Fixture.failure {
            _ = try await workspace.takeOver(.decided(digest: commits.changes.digest))
        }
        #expect(changed.contains("have changed"), "\(changed)")
        try expectEqual(fixture.git("log --format=%s \(Fixture.branch)"), "Person\nFirst commit")
        let both = try #require(try await workspace.jailCommits())
        try await expectEqual(
            workspace.takeOver(.decided(digest: both.changes.digest)).map(\.subject), ["Model", "Another"])

        try await workspace.holdCommits()
        try await git("git commit -q --allow-empty -m Third")
        try await workspace.releaseCommits()
        #expect(await Fixture.failure { _ = try await workspace.takeOver() }.contains("nobody has allowed it"))
        try await expectEqual(workspace.takeOver(.all).map(\.subject), ["Third"])

        // A crash cut the model's command off before it committed anything.
        try await workspace.holdCommits()
        try await workspace.releaseCommits()
        try await git("git commit -q --allow-empty -m Fourth")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Fourth"])
    }

    @Test("a commit that was taken over before is not let in as it was")
    func original() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await git(
            "git -c user.name=Linus commit -q --allow-empty -m One --author='Linus <l@example.org>'; "
                + "git rev-parse HEAD > /git/one")
        try await expectEqual(workspace.takeOver().map(\.subject), ["One"])
        // The jail's branch goes back to it, and on.
        try await git("git reset -q --soft $(cat /git/one); git commit -q --allow-empty -m Two")
        let refused = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(refused.contains("do not continue the branch's last commit"), "\(refused)")
        try expectEqual(fixture.git("log -1 --format=%an \(Fixture.branch)"), "Ada")
    }

    @Test("a host that was killed before the jail's branch was moved goes on from the new commits")
    func killed() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await git("echo a > a; git add a; git commit -qm One; git rev-parse HEAD > /git/one; echo b > b")
        try await expectEqual(workspace.takeOver().map(\.subject), ["One"])
        try await git("cp /git/one /git/refs/heads/\(Fixture.branch)")
        let again = try await fixture.open()
        try await expectEqual(again.takeOver(), [])
        try await git("git add b; git commit -qm Two")
        try await expectEqual(again.takeOver().map(\.subject), ["Two"])
        try await expectEqual(git("git status --short; git log --format=%s"), Array("Two\nOne\nFirst commit\n".utf8))
    }

    @Test("commits that were left while the branch moved on stop no command, and a rebase puts them on it")
    func left() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await git("echo first > first; git add first; git commit -qm First")
        try await expectEqual(workspace.takeOver().map(\.subject), ["First"])
        let branch = try #require(workspace.branch)
        // The host was killed before it took this one over, and somebody else committed.
        try await git("echo left > left; git add left; git commit -qm Left; echo mine > mine")
        try fixture.git.shell(
            """
            git clone -q . ../other && cd ../other && git switch -q '\(branch)' && echo theirs > theirs && git add -A \
            && git -c user.name=Bob -c user.email=b@example.org commit -qm Theirs && git push -q origin HEAD
            """)
        let failure = await Fixture.failure { _ = try await fixture.open() }
        #expect(failure.contains("not taken over yet"), "\(failure)")
        try await expectEqual(fixture.open(update: .unlessCommits).branch, branch)
        let refused = await Fixture.failure { _ = try await workspace.takeOver() }
        let command = try #require(refused.split(separator: "`").first { $0.hasPrefix("git rebase") })
        try await git(String(command))
        try await expectEqual(workspace.takeOver().map(\.subject), ["Left"])
        try await expectEqual(fixture.open().draft()?.files, ["mine +1 −0"])
        try expectEqual(fixture.git("log --format=%s '\(branch)'"), "Left\nTheirs\nFirst\nFirst commit")
    }

    @Test("nothing is taken over where nothing was committed, nor from other branches")
    func nothing() async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await expectEqual(workspace.takeOver(), [])
        try await git("git checkout -qb other; git commit -q --allow-empty -m other")
        try await expectEqual(workspace.takeOver(), [])
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try await expectEqual(workspace.unsavedWork(), .commits)
    }

    @Test("the read-only parts of the Git folder can't be changed from inside")
    func readOnly() async throws {
        let (_, _, git) = try await Self.make()
        for command in [
            "echo x >> /git/config", "git config core.hooksPath /tmp", "rm -f /git/config", "mv /git/hooks /git/h",
            "touch /git/hooks/post-commit", "touch /git/info/attributes", "rm -f .git", "mv .git g",
            "echo /etc > /git/objects/info/alternates", "touch /repository/x",
        ] {
            await #expect(throws: WorkspaceFailure.self, "\(command)") { try await git(command) }
        }
    }

    @Test(
        "commits with .git in a tree are refused, in every spelling",
        arguments: [".git", ".GIT", "git~1", ".git ", ".git\u{200C}"])
    func dotGit(name: String) async throws {
        let (fixture, workspace, git) = try await Self.make()
        try await git(
            "b=$(echo x | git hash-object -w --stdin); "
                + "t=$(printf '100644 blob %s\\tconfig\\n' $b | git mktree); "
                + "r=$(printf '040000 tree %s\\t%s\\n' $t '\(name)' | git mktree); "
                + "git update-ref HEAD $(git commit-tree -p HEAD -m bad $r)")
        let message = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(message.contains("refuse"), "\(message)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
    }

    @Test("submodules, history that does not continue the branch, and missing objects are refused")
    func refused() async throws {
        let (fixture, workspace, git) = try await Self.make()
        for (command, text) in [
            (
                "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; git commit -qm sub",
                "it changes a submodule (sub)"
            ),
            (
                "git update-ref HEAD $(git commit-tree -m orphan $(git write-tree))",
                "the commits do not continue the branch's last commit"
            ),
            (
                "t=$(printf '100644 blob 1234567890123456789012345678901234567890\\tf\\n' | git mktree --missing); "
                    + "git update-ref HEAD $(git commit-tree -p HEAD -m missing $t)", "pack-objects"
            ),
        ] {
            let before = String(decoding: try await git("git rev-parse HEAD"), as: UTF8.self)
            try await git(command)
            let message = await Fixture.failure { _ = try await workspace.takeOver() }
            #expect(message.contains(text), "\(message)")
            try await git("git reset -q --mixed \(before)")
        }
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try await expectEqual(workspace.takeOver(), [])
    }

    @Test("a false pack is refused", arguments: ["", "not a pack", "PACK\0\0\0\u{2}\0\0\0\u{1}"])
    func falsePack(text: String) async throws {
        let fixture = try Fixture(packer: { _, _, _, piece in try await piece(Array(text.utf8)) })
        let workspace = try await fixture.open()
        try await GitInJail(workspace, of: fixture)("git commit -q --allow-empty -m new")
        let message = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(message.hasPrefix("the commits were not taken over because Git refuses them"), "\(message)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
    }

    @Test("a pack without the commit, and one over the limit, are refused")
    func wrongPack() async throws {
        let jail = Jail()
        let fixture = try Fixture(
            settings: WorkspaceSettings(packBytes: 20_000),
            packer: { _, base, new, piece in try await jail.pack(base, new, piece) })
        let workspace = try await fixture.open()
        let git = GitInJail(workspace, of: fixture)
        await jail.use(workspace, revisions: "^HEAD\n")
        try await git("git commit -q --allow-empty -m new")
        let empty = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(empty.hasPrefix("the commits do not continue the branch's last commit"), "\(empty)")
        await jail.use(workspace)
        try await git("head -c 100000 /dev/urandom > big; git add big; git commit -qm big")
        let large = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(large.contains("maximum allowed size"), "\(large)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
    }

    @Test(
        "references that programs in the jail damage give no commits",
        arguments: [
            "echo garbage > /git/refs/heads/jetbridge/abc123", "rm /git/refs/heads/jetbridge/abc123",
            "rm /git/refs/heads/jetbridge/abc123; ln -s /etc/passwd /git/refs/heads/jetbridge/abc123",
            "rm -r /git/refs; ln -s /etc /git/refs",
            "rm /git/refs/heads/jetbridge/abc123; mkfifo /git/refs/heads/jetbridge/abc123",
            "rm -r /git/refs/heads; mkfifo /git/refs/heads",
            "echo 'ref: refs/heads/main' > /git/refs/heads/jetbridge/abc123",
            "mv /git/objects /git/o; ln -s /etc /git/objects",
        ])
    func damaged(command: String) async throws {
        let (_, workspace, git) = try await Self.make()
        try await git(command)
        try await expectEqual(workspace.takeOver(), [])
        // The next start repairs what the mounts need.
        try await git("test -f /git/objects/info/alternates && test -f /workspace/.git")
    }

    @Test("a commit of the host waits for commits that are not taken over")
    func order() async throws {
        let (_, workspace, git) = try await Self.make()
        try await git("git commit -q --allow-empty -m inside")
        try await workspace.write([65], to: "new")
        let message = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
        #expect(message.contains("commits that are not taken over yet"))
        _ = try await workspace.takeOver()
        #expect(try await workspace.commit("m", by: Fixture.ada, turn: "t") != nil)
    }
}
