import Git
import Glibc
import Synchronization
import TestSupport
import Testing
import Work

/// A thread that replaces a folder by a link to another one and back, until it is stopped.
private final class Flipper: Sendable {
    private let isStopped = Atomic(false)
    private let isDone = Atomic(false)
    let flips = Atomic(0)

    /// `path` must be a folder.
    func start(_ path: String, target: String) {
        let aside = "\(path).aside"
        let link = "\(path).link"
        symlink(target, link)
        let body: @Sendable () -> Void = {
            while !self.isStopped.load(ordering: .relaxed) {
                rename(path, aside)
                rename(link, path)
                sched_yield()
                rename(path, link)
                rename(aside, path)
                self.flips.add(1, ordering: .relaxed)
            }
            unlink(link)
            self.isDone.store(true, ordering: .releasing)
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Body(body)).toOpaque())
        pthread_detach(thread)
    }

    func stop() async {
        self.isStopped.store(true, ordering: .relaxed)
        while !self.isDone.load(ordering: .acquiring) { await Task.yield() }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

@Suite("Workspaces: hostile files", .timeLimit(.minutes(2)))
struct HostileFilesTests {
    typealias Fixture = WorkspaceFixture

    @Test("a folder that turns into a link again and again leads no snapshot, restore, write, read or listing out")
    func raced() async throws {
        let fixture = try Fixture(settings: WorkspaceSettings(snapshots: 10_000))
        let workspace = try await fixture.open(repository: nil)
        let outside = "\(fixture.directory.path)/outside"
        try Fixture.write("secret\n", to: "\(outside)/f")
        try Fixture.write("secret\n", to: "\(outside)/only-outside")
        try Fixture.write("inside\n", to: "\(workspace.folder)/d/f")
        try Fixture.write("inside\n", to: "\(workspace.folder)/d/e/f")
        let first = try await workspace.snapshot("first")
        let flipper = Flipper()
        flipper.start("\(workspace.folder)/d", target: outside)
        var digests: Set<String> = []
        var round = 0
        while round < 60 || flipper.flips.load(ordering: .relaxed) < 3_000 {
            round += 1
            // Each may fail while the folder is away; what counts is what happens outside.
            try? await workspace.write(Array("written\n".utf8), to: "d/f")
            try? await workspace.write(Array("written\n".utf8), to: "d/new-\(round % 7)")
            if let bytes = try? await workspace.read("d/f", limit: 100) {
                #expect(bytes != Array("secret\n".utf8))
            }
            if let entries = try? await workspace.list("d", limit: 100) {
                #expect(!entries.contains { $0.path.hasSuffix("only-outside") })
            }
            if let snapshot = try? await workspace.snapshot("\(round)") {
                for change in try await workspace.changes(from: first.id, to: snapshot.id).files {
                    #expect(!change.path.hasSuffix("only-outside"))
                    if let digest = change.digest { digests.insert(digest) }
                }
            }
            _ = try? await workspace.restore(first.id)
        }
        await flipper.stop()
        let secret = try RealGit("/").shell("git hash-object --stdin < '\(outside)/f'")
        #expect(!digests.contains(secret))
        try expectEqual(RealGit(outside).shell("ls; cat f"), "f\nonly-outside\nsecret")
    }

    @Test("links to the outside are recorded as links, and nothing is read or written through them")
    func links() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        let outside = "\(fixture.directory.path)/outside"
        try Fixture.write("secret\n", to: "\(outside)/f")
        try Fixture.shell(
            "ln -s '\(outside)' d; ln -s '\(outside)/f' f; ln -s . loop; ln -s /proc/self/environ e", in: workspace)
        let first = try await workspace.snapshot("first")
        expectEqual(first.notes, [])
        for path in ["d/f", "f", "e", "loop/f", "../outside/f", "/etc/passwd"] {
            await #expect(throws: WorkspaceFailure.self, "\(path)") { _ = try await workspace.read(path, limit: 100) }
        }
        for path in ["d/f", "d/new", "../new", ".git/hooks/x", "a/.GIT/config", "a/../../b", ""] {
            await #expect(throws: WorkspaceFailure.self, "\(path)") { try await workspace.write([65], to: path) }
        }
        // A link in the file's own place is replaced.
        try await workspace.write(Array("mine\n".utf8), to: "f")
        try await expectEqual(Fixture.text(workspace, "f"), "mine\n")
        try Fixture.shell("rm -f d; mkdir d; echo x > d/f", in: workspace)
        _ = try await workspace.restore(first.id)
        try expectEqual(
            Fixture.shell("readlink d f e loop", in: workspace), "\(outside)\n\(outside)/f\n/proc/self/environ\n.")
        try expectEqual(RealGit(outside).shell("ls; cat f"), "f\nsecret")
    }

    @Test(
        "a name that leaves the workspace, means Git's folder, or can't be shown is refused",
        arguments: [
            "../x", "a/../../x", "..", "/etc/passwd", ".git/config", "a/.GIT/x", "a\nb", "a\u{7}b", "a//b", "a\\b",
            "link", "to/x", "to/", String(repeating: "a/", count: 600) + "b",
        ])
    func refusedNames(name: String) async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("ln -s README.md link; ln -s src to; mkdir a", in: workspace)
        let reading = await Fixture.failure { _ = try await workspace.read(name, limit: 1 << 20) }
        #expect(reading != "no failure" && !reading.contains(fixture.directory.path), "\(reading)")
        guard name != "link" else { return }
        let writing = await Fixture.failure { try await workspace.write([1], to: name) }
        #expect(writing != "no failure" && !writing.contains(fixture.directory.path), "\(writing)")
    }

    @Test("a restore removes what is behind no link")
    func restoreOverLinks() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        let outside = "\(fixture.directory.path)/outside"
        try Fixture.write("secret\n", to: "\(outside)/f")
        try Fixture.write("x\n", to: "\(workspace.folder)/d/f")
        try Fixture.write("x\n", to: "\(workspace.folder)/d/g/f")
        let full = try await workspace.snapshot("full")
        try Fixture.shell("rm -r d; ln -s '\(outside)' d", in: workspace)
        _ = try await workspace.restore(full.id)
        try expectEqual(Fixture.shell("cat d/f d/g/f", in: workspace), "x\nx")
        try expectEqual(RealGit(outside).shell("ls; cat f"), "f\nsecret")
    }

    @Test("pipes and sockets block nothing, and are named")
    func pipes() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("mkfifo p; mkdir s; mkfifo s/q", in: workspace)
        let first = try await workspace.snapshot("first")
        expectEqual(
            first.notes,
            [
                "p: it is a pipe, socket or device", "s/q: it is a pipe, socket or device",
            ])
        await #expect(throws: WorkspaceFailure.self) { _ = try await workspace.read("p", limit: 10) }
        try await expectEqual(workspace.list("", limit: 10).first { $0.path == "p" }?.kind, .other)
        try await expectEqual(workspace.diff(), "")
        _ = try await workspace.restore(first.id)
        try expectEqual(Fixture.shell("test -p p && test -p s/q && echo kept", in: workspace), "kept")
        // A pipe in the place of a file is replaced.
        try Fixture.shell("rm README.md; mkfifo README.md", in: workspace)
        _ = try await workspace.restore(first.id)
        try await expectEqual(Fixture.text(workspace, "README.md"), "hello\n")
    }

    @Test("nothing of a nested repository runs, and its files are recorded")
    func nested() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        let mark = "\(fixture.directory.path)/executed"
        try Fixture.shell(
            """
            git init -q nested
            cd nested
            printf '#!/bin/sh\\ntouch \(mark)\\n' > ../evil; chmod +x ../evil
            evil=$(realpath ../evil)
            for hook in post-checkout pre-commit post-commit fsmonitor-watchman reference-transaction post-index-change; do
              cp ../evil .git/hooks/$hook; done
            git config core.fsmonitor $evil; git config filter.x.clean $evil; git config filter.x.smudge $evil
            git config filter.x.process $evil; git config diff.x.textconv $evil; git config diff.external $evil
            git config core.hooksPath .git/hooks; git config core.worktree /; git config include.path $evil
            printf '* filter=x diff=x\\n' > .gitattributes; cp .gitattributes ..
            echo content > file
            """, in: workspace)
        unlink(mark)
        let first = try await workspace.snapshot("first")
        _ = try await workspace.diff()
        try Fixture.shell("rm nested/file", in: workspace)
        _ = try await workspace.restore(first.id)
        try await expectEqual(Fixture.text(workspace, "nested/file"), "content\n")
        _ = try await workspace.commit("m", by: Fixture.ada, turn: "t")
        _ = try await workspace.unsavedWork()
        _ = try await workspace.mounts(for: nil)
        #expect(access(mark, F_OK) != 0)
        let tree = try fixture.git("ls-tree -r --name-only \(Fixture.branch)")
        expectEqual(tree, ".gitattributes\nREADME.md\nevil\nnested/.gitattributes\nnested/file\nsrc/main.c")
    }

    @Test(
        "whatever is in the place of .git is left out and replaced before a start",
        arguments: [
            "mkdir .git; touch .git/config", "ln -s /etc .git", "mkfifo .git", "echo 'gitdir: /etc' > .git", "true",
        ])
    func gitItself(command: String) async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("rm -f .git; \(command)", in: workspace)
        try await expectEqual(workspace.diff(), "")
        _ = try await workspace.mounts(for: nil)
        #expect(try Fixture.shell("stat -c %F .git", in: workspace).hasPrefix("regular"))
        #expect(access("/etc/config", F_OK) != 0)
    }

    @Test("names of every byte survive a snapshot and a restore")
    func names() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        for byte in UInt8(1)...255 where byte != UInt8(ascii: "/") {
            let name = Array(workspace.folder.utf8) + Array("/n".utf8) + [byte]
            let file = (name + [0]).withUnsafeBytes {
                open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_WRONLY | O_CREAT, 0o644)
            }
            #expect(file >= 0)
            close(file)
        }
        let sums = try Fixture.shell("ls -b | sha256sum", in: workspace)
        let first = try await workspace.snapshot("first")
        expectEqual(first.notes, [])
        try Fixture.shell("rm -- *", in: workspace)
        _ = try await workspace.restore(first.id)
        try expectEqual(Fixture.shell("ls -b | sha256sum", in: workspace), sums)
        try await expectEqual(workspace.changes(from: first.id, to: nil).count, 0)
        try await expectEqual(workspace.list("", limit: 1_000).count, 254)
        // The temporary directory removes only names of valid UTF-8.
        try Fixture.shell("rm -- *", in: workspace)
    }

    @Test("5,000 folders inside each other are survived, named, and removed with the workspace")
    func deep() async throws {
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        try Fixture.shell(
            "python3 -c \"import os\nfor i in range(5000):\n  os.mkdir('d'); os.chdir('d')\n  if i % 1000 == 0: open('f', 'w').write('x')\"",
            in: workspace)
        let first = try await workspace.snapshot("first")
        #expect(first.notes.count == 1 && first.notes[0].hasSuffix("it is more than 200 folders deep"))
        _ = try await workspace.restore(first.id)
        #expect(await workspace.occupiedBytes() > 0)
        #expect(try await workspace.list("", limit: 10_000).count < 10_000)
        let source = try #require(try await fixture.workspaces.source(of: Fixture.session))
        try await source.entries { _ in }
        try await source.markArchived()
        try await expectEqual(fixture.expire(), .removed)
        await expectEqual(fixture.workspaces.sessions(), [])
        try expectEqual(RealGit("\(fixture.directory.path)/workspaces").shell("ls -A"), "")
    }

    @Test("a hard link to another user's file is not read and not given away")
    func hardLink() async throws {
        guard geteuid() == 0 else { return }
        let fixture = try Fixture()
        let workspace = try await fixture.open(repository: nil)
        try Fixture.write("secret\n", to: "\(fixture.directory.path)/secret")
        _ = try await workspace.mounts(for: .init(user: 64_001, group: 64_001))
        link("\(fixture.directory.path)/secret", "\(workspace.folder)/f")
        try await workspace.write(Array("own\n".utf8), to: "a")
        link("\(workspace.folder)/a", "\(workspace.folder)/b")
        try await expectEqual(workspace.snapshot("first").notes, ["f: it is a hard link to a file of another user"])
        await #expect(throws: WorkspaceFailure.self) { _ = try await workspace.read("f", limit: 100) }
        _ = try await workspace.mounts(for: .init(user: 64_002, group: 64_002))
        try expectEqual(Fixture.shell("stat -c %u f a b .", in: workspace), "0\n64002\n64002\n64002")
        // Writing replaces the name, not the file behind it.
        try await workspace.write(Array("mine\n".utf8), to: "f")
        try expectEqual(RealGit(fixture.directory.path).shell("cat secret"), "secret")
    }

    @Test("what the host writes belongs to the jail's user; a link itself is given, not its target")
    func owner() async throws {
        guard geteuid() == 0 else { return }
        let fixture = try Fixture()
        let workspace = try await fixture.open()
        try Fixture.shell("ln -s /etc/passwd l; ln -s /etc d", in: workspace)
        _ = try await workspace.mounts(for: .init(user: 64_001, group: 64_001))
        let first = try await workspace.snapshot("first")
        try await workspace.write([65], to: "new/f")
        try Fixture.shell("rm -r src", in: workspace)
        _ = try await workspace.restore(first.id)
        let owners = try Fixture.shell(
            "find . ../git ../host/gitfile ../host/hooks -printf '%u\\n' | sort -u", in: workspace)
        expectEqual(owners, "64001")
        try expectEqual(RealGit("/").shell("stat -c %u /etc/passwd /etc"), "0\n0")
    }
}
