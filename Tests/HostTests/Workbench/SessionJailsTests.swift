import Glibc
import JSON
import Jail
import TestSupport
import Testing

@testable import Host

@Suite("Jails of threads", .timeLimit(.minutes(2)))
struct SessionJailsTests {
    @Test("a thread's commands share a shell; another thread has another workspace, shell and user")
    func sessions() async throws {
        try await CommandScene.with("repositories: []") { scene in
            _ = try await scene.run("mkdir d; cd d; X=1; echo mine >file")
            #expect(try await scene.run("pwd; echo $X; ls").contains("/workspace/d\n1\nfile\n"))
            let thread = try await scene.client.newThread()
            let other = CommandScene(client: scene.client, thread: thread, data: scene.data)
            let text = try await other.run("pwd; echo [$X]; ls -a /workspace | wc -l")
            #expect(text.contains("/workspace\n[]\n2\n"), "\(text)")
            guard geteuid() == 0 else { return }
            let users = try FileOwners.below("\(scene.data)/workspaces", name: "files")
            #expect(users.count == 2 && users[0] != users[1] && !users.contains(0), "\(users)")
        }
    }

    @Test("the thread's repository is at /workspace with its Git, and a commit made inside is posted")
    func repository() async throws {
        try await CommandScene.with("repositories: [{name: notes, path: notes}]\ndefault_repository: notes") { scene in
            let commit = "echo a >a.txt && git add a.txt && git commit -q -m 'Add a' && git log --format=%s -1"
            let text = try await scene.run("git status --short && \(commit)")
            #expect(text.contains("Add a\n"), "\(text)")
            try await expectEqual(scene.audit("commit").first?["subject"]?.stringValue, "Add a")
            // Objects that the host makes while the jail runs are readable in it too.
            _ = try await scene.run("echo b >b.txt")
            _ = try await scene.answer(to: "/commit Add b")
            let log = try await scene.run("git log --format=%s -2 && git show --stat --format= && git status --short")
            #expect(log.contains("Add b\nAdd a\n") && log.contains("b.txt | 1 +"), "\(log)")
        }
    }

    @Test("a jail over its memory ends, and the thread goes on with a fresh one")
    func memory() async throws {
        try await CommandScene.with("jail: {memory: 64MiB, timeout: 20s}") { scene in
            _ = try await scene.run("X=1")
            _ = try await scene.run("x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo ${#x}")
            #expect(try await scene.run("echo next").contains("next\n"))
        }
    }

    @Test("the commands of a repository with limits of its own have these, and others those of the host")
    func limitsOfRepository() async throws {
        let settings = """
            jail: {file_size: 2MiB, timeout: 100s}
            repositories:
              - {name: notes, path: notes}
              - {name: big, path: big, jail: {open_files: 77, processes: 12, timeout: 5s, workspace_quota: 3MiB}}
            default_repository: notes
            """
        try await CommandScene.with(settings) { scene in
            let limits = "ulimit -n; ulimit -f; nproc >file"  // sizes of files in units of 1,024 bytes
            let standard = try await scene.run(limits)
            #expect(standard.contains("1024\n2048\n"), "\(standard)")
            #expect(try await scene.run("sleep 5.5; echo slept").contains("slept\n"))
            _ = try await scene.answer(to: "/commit Add the file")
            _ = try await scene.answer(to: "/repo big")
            let own = try await scene.run(limits)
            #expect(own.contains("77\n2048\n"), "\(own)")
            let slow = try await scene.run("sleep 20; echo slept")
            #expect(slow.contains("Stopped after 5 s, which is the limit of `jail.timeout`"), "\(slow)")
            let full = try await scene.run(
                "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/urandom >f$i; done; sleep 4; echo full")
            #expect(full.contains("the workspace is over its quota of 3 MiB (") && !full.contains("full\n"), "\(full)")
        }
    }

    @Test("over the quota, commits are taken over, nothing is added, and what makes room runs")
    func quota() async throws {
        let settings = """
            jail: {workspace_quota: 8MiB, timeout: 20s}
            repositories: [{name: notes, path: notes}]
            default_repository: notes
            """
        try await CommandScene.with(settings) { scene in
            let full = try await scene.run(
                "echo a >a && git add a && git commit -qm 'Add a'; for i in 1 2 3 4 5 6 7 8 9; do "
                    + "dd if=/dev/zero of=f$i bs=1M count=2; done; sleep 9")
            #expect(full.contains("Stopped: the workspace is over its quota of 8 MiB ("), "\(full)")
            #expect(full.contains("used); delete files or `/undo`."), "\(full)")
            try await expectEqual(scene.audit("commit").first?["subject"]?.stringValue, "Add a")
            let more = try await scene.run(
                "echo b >b && git add b && git commit -qm 'Add b' && head -c 999999 /dev/zero >c")
            #expect(more.contains("Commands can only delete now: the workspace is over its quota"), "\(more)")
            let removal = try await scene.run("rm -f f*")
            #expect(removal.contains("exit 0"), "\(removal)")
            let again = try await scene.run("dd if=/dev/zero of=f bs=1M count=4; echo $?; rm f c")
            #expect(again.contains("0\n") && !again.contains("only delete"), "\(again)")
            let commit = try await scene.answer(to: "/commit Add the rest")
            #expect(!commit.contains("cannot be read"), "\(commit)")
        }
    }

    @Test("a deep chain of folders locks nothing, and `undo` removes it")
    func depth() async throws {
        try await CommandScene.with("jail: {timeout: 20s}") { scene in
            let chain = "perl -e 'for (1..230) { mkdir \"d\" x 80; chdir \"d\" x 80 or last }'"
            let deep = try await scene.run(chain)
            #expect(deep.contains("exit 0"), "\(deep)")
            let texts = try await scene.client.transcript(of: scene.thread).map(\.text)
            #expect(texts.contains { $0.contains("it is more than 200 folders deep") }, "\(texts)")
            #expect(try await scene.run("echo next").contains("next\n"))
            #expect(try await scene.answer(to: "/undo").hasPrefix("The files are as they were before “perl"))
            #expect(try await scene.run("ls | wc -l").contains("0\n"))
            _ = try await scene.run(chain)
            #expect(try await scene.run("rm -rf d*; ls | wc -l").contains("0\n"))
        }
    }

    @Test("what a command left running is listed by `jobs` and ended by `kill`")
    func leftovers() async throws {
        try await CommandScene.with("repositories: []") { scene in
            _ = try await scene.run("sleep 99 & until grep -q sleep /proc/$!/comm; do :; done")
            let list = try await scene.answer(to: "/jobs")
            #expect(list.contains("`sleep 99`: running for "), "\(list)")
            let hint = try await scene.answer(to: "/kill j1")
            let id = try #require(hint.firstMatch(of: /left running: `(p[0-9]+)` \(`sleep 99`\)/)?.output.1, "\(hint)")
            try await expectEqual(scene.answer(to: "/kill \(id)"), "Job `\(id)` (`sleep 99`) was stopped.")
            #expect(try await !scene.answer(to: "/jobs").contains("left by a command"))
        }
    }

    @Test("jails are limited for each person: the longest idle one makes room")
    func room() async throws {
        try await CommandScene.with("jail: {per_user: 1}") { scene in
            _ = try await scene.run("X=1; echo kept >file")
            let thread = try await scene.client.newThread()
            let other = CommandScene(client: scene.client, thread: thread, data: scene.data)
            #expect(try await other.run("echo other").contains("other\n"))
            #expect(try await scene.run("echo [$X]; cat file").contains("[]\nkept\n"))
        }
    }

    @Test("a thread that changes its repository gets a fresh shell there, and `undo` leaves the new files alone")
    func otherRepository() async throws {
        try await CommandScene.with(Self.repositories) { scene in
            _ = try await scene.run("mkdir d && cd d && X=1 && echo a >a.txt")
            let refusal = try await scene.answer(to: "/repo other")
            #expect(refusal.contains("it has changes that are not committed: commit them with `/commit`"), "\(refusal)")
            _ = try await scene.answer(to: "/commit Add a")
            try await expectEqual(scene.answer(to: "/repo other"), "From now on this thread works in `other`.")
            let text = try await scene.run("pwd; echo [$X]; echo b >b.txt; ls")
            #expect(text.contains("/workspace\n[]\nb.txt\n") && text.contains("a fresh shell"), "\(text)")
            #expect(try await scene.answer(to: "/undo").contains("before “pwd; echo"))
            let nothing = try await scene.answer(to: "/undo")
            #expect(nothing.hasPrefix("No command has changed files"), "\(nothing)")
        }
    }

    @Test("a job keeps a thread from changing its repository")
    func job() async throws {
        try await CommandScene.with(Self.repositories) { scene in
            _ = try await scene.run("sleep 600 &")
            let refusal = try await scene.answer(to: "/repo other")
            #expect(refusal.contains("a command or a job runs in it: wait until it has ended"), "\(refusal)")
            _ = try await scene.answer(to: "/kill j1")
            try await expectEqual(scene.answer(to: "/repo other"), "From now on this thread works in `other`.")
        }
    }

    private static let repositories =
        "repositories: [{name: notes, path: notes}, {name: other, path: other}]\ndefault_repository: notes"

    @Test("a running host reports the jail in status and at /readyz")
    func status() async throws {
        try await CommandScene.with { scene in
            let text = try await scene.answer(to: "/status")
            #expect(text.contains("jail: Bubblewrap "), "\(text)")
            try await expectEqual(scene.client.get("/readyz")["checks"]?["jail"]?.stringValue, "ok")
        }
    }
}

/// Who owns folders.
private enum FileOwners {
    /// The owners of `name` in each folder below `path`.
    static func below(_ path: String, name: String) throws -> [UInt32] {
        let folder = try #require(opendir(path))
        defer { closedir(folder) }
        var owners: [UInt32] = []
        while let entry = readdir(folder) {
            let session = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard !session.hasPrefix("."), stat("\(path)/\(session)/\(name)", &status) == 0 else { continue }
            owners.append(status.st_uid)
        }
        return owners
    }
}
