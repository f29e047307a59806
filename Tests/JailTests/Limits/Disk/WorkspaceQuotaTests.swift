import Glibc
import Processes
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: the size of workspaces", .timeLimit(.minutes(2)), .serialized)
struct WorkspaceQuotaTests {
    private static let mebibyte = 1 << 20

    @discardableResult
    private static func shell(_ script: String, in folder: String) async throws -> Process.Result {
        let plan = ProcessPlan.tied(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: folder)
        return try await Process.run(plan)
    }

    // MARK: Measuring

    @Test("measuring counts each name, the bytes of a file once, and follows no links")
    func usage() async throws {
        let root = try TemporaryDirectory()
        let quota = MeasuredQuota()
        await expectEqual(quota.usage(of: [root.path]), WorkspaceUsage(bytes: 0, files: 0))
        try await Self.shell(
            "head -c 8192 /dev/zero >a; ln a b; ln -s / c; mkdir -p d/e; head -c 4096 /dev/zero >d/e/f; truncate -s 1G g",
            in: root.path)
        let usage = await quota.usage(of: [root.path])
        // a, b, c, d, e, f, g; the sparse file takes nothing.
        expectEqual(usage.files, 7)
        #expect((12_288...40_960).contains(usage.bytes))
        let twice = await quota.usage(of: [root.path, "\(root.path)/d"])
        expectEqual(twice.files, 9)
    }

    @Test("any depth is measured, beside other folders")
    func depth() async throws {
        let root = try TemporaryDirectory()
        let chain = #"for (1..1500) { mkdir "e"; mkdir "d" x 80; chdir "d" x 80 or die }"#
        try await Self.shell("perl -e '\(chain) open F, \">f\"; print F \"x\"'; mkdir last", in: root.path)
        var walk = FolderWalk()
        walk.add(root.path)
        #expect(walk.isComplete && walk.files == 3_002)
        // The temporary directory's own removal does not descend that far.
        try await Self.shell("rm -rf d* e last", in: root.path)
    }

    @Test("a folder that cannot be read could hide anything")
    func unreadable() async throws {
        // Root reads everything.
        guard getuid() != 0 else { return }
        let root = try TemporaryDirectory()
        try await Self.shell("mkdir a; chmod 000 a", in: root.path)
        var walk = FolderWalk()
        walk.add(root.path)
        #expect(!walk.isComplete)
        try await Self.shell("chmod 700 a", in: root.path)
    }

    // MARK: Jails

    /// Writes that pass the quota of 64 MiB.
    private static let writers = [
        "for i in $(seq 1 60); do dd if=/dev/zero of=f$i bs=1M count=10 2>/dev/null || break; done",
        "for i in 1 2 3 4; do (while :; do dd if=/dev/zero of=f$i.$((n = n + 1)) bs=1M count=30; done) & done 2>/dev/null; wait",
        "i=0; while fallocate -l 1G f$i || dd if=/dev/zero of=f$i bs=64k count=1; do i=$((i + 1)); done 2>/dev/null",
        "for i in $(seq 1 60); do exec 5>f; rm f; dd if=/dev/zero bs=1M count=40 >&5 2>/dev/null; sleep 99 5>&5 & done",
    ]

    /// Keeps deleted files of 4 MiB by what the list of a process's descriptors does not show.
    private static func hiding(_ start: String = "", keep: String, end: String = "time.sleep(99)") -> String {
        """
        cat >/tmp/hide.py <<'END'
        import array, ctypes, os, platform, shutil, socket, threading, time
        library = ctypes.CDLL(None)
        library.mmap.restype = ctypes.c_void_p
        library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        \(start)
        def fill():
            for i in range(100):
                file = os.open("f", os.O_RDWR | os.O_CREAT)
                os.write(file, bytes(4 << 20))
                os.unlink("f")
                \(keep)
            time.sleep(99)
        \(end)
        END
        python3 /tmp/hide.py
        """
    }

    private static let hiders = [
        // A mapping of one page.
        Self.hiding(keep: "library.mmap(None, 4096, 1, 1, file, 0); os.close(file)", end: "fill()"),
        // A thread of a process whose first one has ended.
        Self.hiding(
            keep: "pass",
            end:
                "threading.Thread(target=fill).start(); library.syscall(60 if platform.machine() == 'x86_64' else 93, 0)"
        ),
        // A process that only root may look at.
        Self.hiding("library.prctl(4, 0, 0, 0, 0)", keep: "pass", end: "fill()"),
        // Sent to a socket, but not received.
        Self.hiding(
            "sockets = socket.socketpair()", keep: "socket.send_fds(sockets[0], [b'x'], [file]); os.close(file)",
            end: "fill()"),
        // Sent in a connection that is not accepted.
        Self.hiding(
            "server = socket.socket(socket.AF_UNIX); server.bind('/tmp/s'); server.listen(200)",
            keep: "s = socket.socket(socket.AF_UNIX); s.connect('/tmp/s'); socket.send_fds(s, [b'x'], [file]); "
                + "os.close(file); s.close()",
            end: "fill()"),
    ]

    @Test("deleted files count, whatever keeps them", arguments: 0..<5)
    func hidden(_ index: Int) async throws {
        let limits = JailLimits(disk: 64 * Self.mebibyte)
        // What others write counts as well while files are hidden.
        let disk = try await SmallDisk(megabytes: 2_048)
        chmod(disk.path, 0o711)
        let bench = try await JailBench(limits: limits, isMeasured: true, in: disk.path)
        let result = try await bench.run(Self.hiders[index], timeout: .seconds(20))
        if case .disk(.bytes(let used, limits.disk)) = result.status {
            #expect(used <= limits.disk + 32 * Self.mebibyte, "\(used >> 20) MiB")
        } else {
            Issue.record("\(result.status) \(result.errorText)")
        }
        await bench.shell.end()
        await disk.remove()
    }

    @Test("programs may replace what they have mapped, and pass descriptors")
    func legitimate() async throws {
        // What others write counts while descriptors are on their way.
        let disk = try await SmallDisk(megabytes: 2_048)
        chmod(disk.path, 0o711)
        let bench = try await JailBench(
            limits: JailLimits(disk: 64 * Self.mebibyte), isMeasured: true, in: disk.path)
        let result = try await bench.run(
            """
            cat >/tmp/pass.py <<'END'
            import mmap, os, socket
            kept, sockets = [], socket.socketpair()
            for i in range(200):
                with open("f", "w+b") as file:
                    file.write(bytes(100_000))
                    kept.append(mmap.mmap(file.fileno(), 100_000))
                    socket.send_fds(sockets[0], [b"x"], [file.fileno()])
                os.unlink("f")
                if i % 8 == 7:
                    for each in socket.recv_fds(sockets[1], 8, 8)[1]: os.close(each)
            with open("g", "w+b") as file: file.write(bytes(30 << 20))
            print("done")
            END
            python3 /tmp/pass.py
            """)
        expectEqual(result.text, "done\n", "\(result.status) \(result.errorText)")
        await bench.shell.end()
        await disk.remove()
    }

    @Test("whatever writes is ended a few megabytes beyond the quota", arguments: Self.writers)
    func overshoot(_ script: String) async throws {
        let limits = JailLimits(disk: 64 * Self.mebibyte)
        try await JailBench.with(limits: limits, isMeasured: true) { bench in
            let result = try await bench.run(script)
            guard case .disk(.bytes(let used, limits.disk)) = result.status else {
                Issue.record("\(result.status) \(result.errorText)")
                return
            }
            #expect(used > limits.disk && result.isShellLost)
            let usage = await MeasuredQuota().usage(of: [bench.workspace])
            #expect(usage.bytes <= limits.disk + 16 * Self.mebibyte, "\(usage.bytes >> 20) MiB")
        }
    }

    @Test("over the quota, commands delete but do not add, and then write again")
    func recovery() async throws {
        let limits = JailLimits(disk: 8 * Self.mebibyte)
        try await JailBench.with(limits: limits, isMeasured: true) { bench in
            let first = try await bench.run(
                "for i in 1 2 3 4 5 6; do dd if=/dev/zero of=f$i bs=1M count=4; done; sleep 9")
            guard case .disk = first.status else {
                Issue.record("\(first.status)")
                return
            }
            let full = await MeasuredQuota().usage(of: [bench.workspace]).bytes
            for _ in 0..<3 {
                let more = try await bench.run("dd if=/dev/zero of=more bs=1M count=4")
                #expect(more.status != .exited(0) && more.isShellLost)
            }
            #expect(await MeasuredQuota().usage(of: [bench.workspace]).bytes <= full + (256 << 10))
            let removal = try await bench.run("rm f*")
            expectEqual(removal.status, .exited(0))
            let again = try await bench.run("dd if=/dev/zero of=again bs=1M count=4 2>/dev/null && X=1")
            #expect(again.status == .exited(0) && !again.isShellLost)
            try await expectEqual(bench.run("echo $X").text, "1\n")
        }
    }

    @Test("too many files end the jail")
    func files() async throws {
        try await JailBench.with(limits: JailLimits(files: 200), isMeasured: true) { bench in
            let result = try await bench.run("i=0; while [ $i -le 900 ]; do : >f$i; i=$((i + 1)); done; sleep 9")
            guard case .disk(.files(let count, 200)) = result.status else {
                Issue.record("\(result.status)")
                return
            }
            #expect(count > 200)
        }
    }
}
