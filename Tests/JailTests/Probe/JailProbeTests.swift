import Glibc
import Processes
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: the probe", .timeLimit(.minutes(1)))
struct JailProbeTests {
    /// Calls `body` with a jail for the probe on this machine, as root and as an ordinary user.
    private static func with(_ body: (ProbeJail) async throws(JailFailure) -> Void) async throws {
        let folder = try TemporaryDirectory()
        try await ProbeJail.with(
            in: folder.path, JailIdentities.make().take(), JailFilter.programs(), PlainLimiter(), JailLimits(), body)
    }

    @Test("a jail of this machine holds; without user namespaces this fails with the reason")
    func holds() async throws {
        try await Self.with { jail async throws(JailFailure) in
            try await JailProbe { (script) async throws(JailFailure) in try await jail.run(script) }.examine()
        }
    }

    @Test("what is tried is a session's jail: its plan, its shell, its workspace")
    func plan() async throws {
        try await Self.with { jail async throws(JailFailure) in
            try await expectEqual(jail.run("[ \"$PWD\" = /workspace ] && [ -x /jb/sh ] && [ ! -r /jb/sh ]"), 0)
            try await expectEqual(jail.run("[ \"$(id -u)\" = 1000 ] && [ \"$(hostname)\" = jail ]"), 0)
            try await expectEqual(jail.run("env | grep ^HOSTNAME || exit 42"), 42)
            try await expectEqual(jail.run("unshare -U true || exit 42"), 42)
            try await expectEqual(jail.run("[ -w /etc ] || [ -w / ] || [ -w /proc ] || exit 42"), 42)
        }
    }

    @Test("a filter that is missing is found in a real jail")
    func unfiltered() async throws {
        let folder = try TemporaryDirectory()
        do throws(JailFailure) {
            try await ProbeJail.examine(
                in: folder.path, JailIdentities.make().take(), [], PlainLimiter(), JailLimits())
            Issue.record("a jail without a filter passed")
        } catch {
            #expect(error.message.contains("using unfiltered system calls was possible"))
        }
    }

    @Test("nothing stays behind, whether a jail holds or not")
    func leftovers() async throws {
        let folder = try TemporaryDirectory()
        let means = await JailMeans.probe(in: folder.path)
        expectEqual(means.status.problem, nil)
        try? await ProbeJail.examine(in: folder.path, JailIdentities.make().take(), [[1]], PlainLimiter(), JailLimits())
        // Only an empty folder can be removed.
        expectEqual(rmdir(folder.path), 0)
    }

    @Test("each escape is found where a wall is missing", arguments: JailProbe.escapes("/etc/passwd").map(\.name))
    func escapes(_ name: String) async throws {
        let probe = JailProbe { script async throws(JailFailure) in
            // Outside of any jail; only one escape at a time is tried there.
            let status = JailProbe.escapes("").first { $0.name == name }?.status ?? 0
            let one = script.split(separator: "escape=").map { part in
                part.hasPrefix("\(status)\n") ? part : part.replacing("exit $escape", with: ":")
            }.joined(separator: "escape=")
            // A test that runs as an ordinary user, or where only loopback exists, has such walls itself.
            let open =
                "escape="
                + one.replacing("-w /proc/sys/kernel/core_pattern", with: "-r /proc/sys/kernel/core_pattern")
                .replacing("lo:*)", with: "none)").replacing("= 2 ]", with: "= none ]")
            let result = try? await Process.run(ProcessPlan("/bin/sh", ["-c", open]))
            guard case .exited(let status) = result?.status else { return 1 }
            return Int(status)
        }
        do throws(JailFailure) {
            try await probe.examine()
            Issue.record("\(name) was not found")
        } catch {
            #expect(error.message.contains(name) && error.message.contains("was possible"))
        }
    }

    @Test("an escape that cannot be tried is no proof")
    func unclear() async {
        let probe = JailProbe { _ async throws(JailFailure) in 127 }
        await #expect(throws: JailFailure.self) { try await probe.examine() }
    }

    @Test(
        "the messages of Bubblewrap name cause and remedy",
        arguments: [
            (
                "bwrap: No permissions to creating new namespace, likely because the kernel does not allow "
                    + "non-privileged user namespaces.", "kernel.unprivileged_userns_clone=1"
            ),
            (
                "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
                "user.max_user_namespaces"
            ),
            ("bwrap: setting up uid map: Permission denied", "AppArmor"),
            ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "AppArmor"),
            ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
            ("bwrap: Can't find source path /usr: No such file or directory", "missing on this system"),
            ("bwrap: execvp /bin/sh: No such file or directory", "missing on this system"),
            ("warning; bwrap: something new", "bwrap: something new; docs/jail.md"),
            ("bwrap ended with killed by signal 31", "signal 31"),
            ("bwrap ended with exit status 1", "exit status 1; docs/jail.md"),
            ("the jail did not start in time: the machine may be overloaded", "the machine may be overloaded"),
        ])
    func messages(_ text: String, _ part: String) {
        let line = BubblewrapMessage.explanation(of: text)
        #expect(line.contains(part) && !line.contains("\n") && line.hasPrefix("no jail can be started: "))
    }

    @Test(
        "versions",
        arguments: [
            ("bubblewrap 0.8.0\n", [0, 8, 0]), ("bubblewrap 0.11.0", [0, 11, 0]), ("bubblewrap 1.0", [1, 0]),
            ("bubblewrap", nil), ("bwrap 0.8.0", nil), ("bubblewrap x.y", nil), ("", nil),
        ] as [(String, [Int]?)])
    func versions(_ text: String, _ version: [Int]?) {
        expectEqual(Bubblewrap.version(in: text), version)
    }

    @Test("a Bubblewrap that is missing, old, setuid or silent is refused with what to do")
    func refused() async throws {
        let directory = try TemporaryDirectory()
        func program(_ text: String, mode: mode_t = 0o755) -> String {
            let path = "\(directory.path)/\(UInt32.random(in: 0...UInt32.max))"
            let file = open(path, O_WRONLY | O_CREAT, 0o755)
            let script = "#!/bin/sh\n\(text)\n"
            _ = write(file, script, script.utf8.count)
            close(file)
            chmod(path, mode)
            return path
        }
        for (path, part) in [
            ("\(directory.path)/none", "not installed"),
            (program("echo bubblewrap 0.7.1"), "version 0.7.1"), (program("exit 1"), "does not report"),
            (program("echo bubblewrap 0.8.0", mode: 0o4755), "chmod u-s"),
        ] as [(String, String)] {
            do throws(JailFailure) {
                _ = try await Bubblewrap.find(path)
                Issue.record("\(part): accepted")
            } catch {
                #expect(error.message.contains(part) && error.message.contains(";"))
            }
        }
        try await expectEqual(Bubblewrap.find(program("echo bubblewrap 0.10.2")).version, "0.10.2")
    }

    @Test("this machine's means are tried together, and say what is missing")
    func means() async throws {
        let folder = try TemporaryDirectory()
        let means = await JailMeans.probe(in: folder.path)
        guard case .ready(_, let limits, let quota) = means.status else {
            Issue.record("\(means.status.line)")
            return
        }
        #expect(limits == means.limiter.name && quota == means.quota.name)
        #expect(means.bubblewrap != nil && means.identities != nil && means.filters.count == 2)
        let refused = await JailMeans.probe { (_, _, _) async throws(JailFailure) in throw JailFailure("bwrap: no") }
        #expect(refused.status.problem == "bwrap: no" && refused.bubblewrap == nil)
        let nowhere = await JailMeans.probe(in: "\(folder.path)/none")
        expectEqual(nowhere.status.problem?.contains("make it writable"), true)
    }

    @Test("what people read")
    func texts() {
        let ready = JailStatus.ready(bubblewrap: "0.8.0", limits: "cgroup v1", quota: "measured")
        #expect(ready.line == "Bubblewrap 0.8.0; limits by cgroup v1, disk by measured" && ready.problem == nil)
        expectEqual(JailStatus.unavailable("why; what").problem, "why; what")
    }
}
