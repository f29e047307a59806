import Glibc
import Processes
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: the probe", .timeLimit(.minutes(1)))
struct JailProbeTests {
    /// A jail for the probe on this machine, as root and as an ordinary user.
    private static func jail() async throws -> ProbeJail {
        try ProbeJail(
            await Bubblewrap.find(), identity: JailIdentities.make().take(), filters: JailFilter.programs())
    }

    @Test("a jail of this machine holds; without user namespaces this fails with the reason")
    func holds() async throws {
        let jail = try await Self.jail()
        try await JailProbe(run: jail.run).examine()
    }

    @Test("the user inside is neither root outside nor able to become it")
    func user() async throws {
        let jail = try await Self.jail()
        #expect(try await jail.run("[ \"$(id -u)\" != 0 ]").status == 0)
        #expect(try await jail.run("unshare -U true || exit 42").status == 42)
        #expect(try await jail.run("[ -w /etc ] || [ -w / ] || [ -w /proc ] || exit 42").status == 42)
    }

    @Test("each escape is found where a wall is missing", arguments: JailProbe.escapes("/etc/passwd").map(\.name))
    func escapes(_ name: String) async throws {
        let probe = JailProbe { script async throws(JailFailure) in
            if script == "true" { return ProbeResult(status: 0, errorText: "") }
            // Outside of any jail; only one escape at a time is tried there.
            let isTried = JailProbe.escapes("x").first { $0.name == name }.map { $0.script.prefix(8) } ?? ""
            if !script.hasPrefix(isTried) { return ProbeResult(status: 42, errorText: "") }
            // A test that runs as an ordinary user, or where only loopback exists, has such walls itself.
            let open = script.replacing("-w /proc/sys/kernel/core_pattern", with: "-r /proc/sys/kernel/core_pattern")
                .replacing("lo:*)", with: "none)")
            let result = try? await Process.run(ProcessPlan("/bin/sh", ["-c", open]))
            guard case .exited(let status) = result?.status else { return ProbeResult(status: 1, errorText: "") }
            return ProbeResult(status: Int(status), errorText: "")
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
        let probe = JailProbe { script async throws(JailFailure) in
            ProbeResult(status: script == "true" ? 0 : 127, errorText: "")
        }
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
            ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unmasked"),
            ("bwrap: Can't find source path /usr: No such file or directory", "missing on this system"),
            ("bwrap: execvp /bin/sh: No such file or directory", "missing on this system"),
            ("warning\nbwrap: something new", "something new"),
            ("", "exit status 1"),
        ])
    func messages(_ text: String, _ part: String) {
        let line = BubblewrapMessage.explanation(of: ProbeResult(status: 1, errorText: text + "\n"))
        #expect(line.contains(part) && !line.contains("\n") && line.hasPrefix("no jail can be started: "))
    }

    @Test("a signal is named")
    func signal() {
        let line = BubblewrapMessage.explanation(of: ProbeResult(status: 159, errorText: ""))
        #expect(line.contains("signal 31"))
    }

    @Test(
        "versions",
        arguments: [
            ("bubblewrap 0.8.0\n", [0, 8, 0]), ("bubblewrap 0.11.0", [0, 11, 0]), ("bubblewrap 1.0", [1, 0]),
            ("bubblewrap", nil), ("bwrap 0.8.0", nil), ("bubblewrap x.y", nil), ("", nil),
        ] as [(String, [Int]?)])
    func versions(_ text: String, _ version: [Int]?) {
        #expect(Bubblewrap.version(in: text) == version)
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
            (nil, "not installed"), ("\(directory.path)/none", "not there"),
            (program("echo bubblewrap 0.7.1"), "version 0.7.1"), (program("exit 1"), "does not tell"),
            (program("echo bubblewrap 0.8.0", mode: 0o4755), "chmod u-s"),
        ] as [(String?, String)] {
            do throws(JailFailure) {
                _ = try await Bubblewrap.find(path)
                Issue.record("\(part): accepted")
            } catch {
                #expect(error.message.contains(part) && error.message.contains(";"))
            }
        }
        #expect(try await Bubblewrap.find(program("echo bubblewrap 0.10.2")).version == "0.10.2")
    }

    @Test("this machine's means are tried together, and say what is missing")
    func means() async throws {
        let means = await JailMeans.probe()
        guard case .ready(_, let limits, let quota) = means.status else {
            Issue.record("\(means.status.line)")
            return
        }
        #expect(limits == means.limiter.name && quota == means.quota.name)
        #expect(means.bubblewrap != nil && means.identities != nil && means.filters.count == 2)
        let refused = await JailMeans.probe { (_, _, _, _) async throws(JailFailure) in
            { (_) async throws(JailFailure) in ProbeResult(status: 1, errorText: "bwrap: no") }
        }
        #expect(refused.status.problem?.contains("bwrap: no") == true && refused.bubblewrap == nil)
    }

    @Test("what people read")
    func texts() {
        let ready = JailStatus.ready(bubblewrap: "0.8.0", limits: "cgroup v1", quota: "measured")
        #expect(ready.line == "Bubblewrap 0.8.0; limits by cgroup v1, disk by measured" && ready.problem == nil)
        #expect(JailStatus.unavailable("why; what").problem == "why; what")
    }
}
