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
