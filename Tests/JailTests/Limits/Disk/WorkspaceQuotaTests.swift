import Glibc
import Processes
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: the size of workspaces", .timeLimit(.minutes(1)), .serialized)
struct WorkspaceQuotaTests {
    @discardableResult
    private static func shell(_ script: String, in folder: String) async throws -> Process.Result {
        let plan = ProcessPlan.tied(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: folder)
        return try await Process.run(plan)
    }

    @Test("measuring counts files once, follows no links, and keeps count of a changed folder")
    func usage() async throws {
        let root = try TemporaryDirectory()
        let quota = MeasuredQuota()
        let folder = "\(root.path)/w"
        try await quota.prepare(folder, bytes: 1 << 20, files: 100)
        #expect(try await quota.usage(of: folder) == WorkspaceUsage(bytes: 0, files: 0))
        try await Self.shell(
            "head -c 8192 /dev/zero >a; ln a b; ln -s / c; mkdir -p d/e; head -c 4096 /dev/zero >d/e/f; truncate -s 1G g",
            in: folder)
        let usage = try await quota.usage(of: folder)
        // a, c, d, e, f, g; the sparse file takes nothing.
        #expect(usage.files == 6)
        #expect((12_288...40_960).contains(usage.bytes))
    }

    @Test(
        "a measured workspace ends the command that goes beyond",
        arguments: [
            "head -c 3000000 /dev/zero >a", "i=0; while [ $i -le 60 ]; do true >f$i; i=$((i+1)); done",
            "i=0; while [ $i -le 140 ]; do mkdir a; cd a; i=$((i+1)); done",
        ])
    func excess(_ script: String) async throws {
        let root = try TemporaryDirectory()
        let quota = MeasuredQuota()
        let folder = "\(root.path)/w"
        try await quota.prepare(folder, bytes: 2 << 20, files: script.contains("mkdir") ? 1_000 : 50)
        async let end = quota.waitForExcess(of: folder)
        try await Self.shell(script, in: folder)
        #expect(try await end == "disk")
        // The temporary directory's own removal does not descend that far.
        try await Self.shell("rm -rf w", in: root.path)
    }

    @Test("a jail ends when its workspace is over its size")
    func jail() async throws {
        let root = try TemporaryDirectory()
        let quota = MeasuredQuota()
        try await quota.prepare("\(root.path)/w", bytes: 1 << 20, files: 10)
        let limiter = DiskLimiter(ResourceLimits(), quota: quota, folder: "\(root.path)/w")
        let group = try await limiter.prepare("x", JailLimits())
        #expect(limiter.name == "rlimits" && group.procsFiles == [])
        async let excess = group.waitForExcess()
        try await Self.shell("head -c 3000000 /dev/zero >a", in: "\(root.path)/w")
        #expect(try await excess == "disk")
        await group.end()
    }

    @Test("a workspace within its size is watched until it is cancelled")
    func within() async throws {
        let root = try TemporaryDirectory()
        let quota = MeasuredQuota()
        try await quota.prepare("\(root.path)/w", bytes: 1 << 20, files: 10)
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: String.self) { tasks in
                tasks.addTask { try await quota.waitForExcess(of: "\(root.path)/w") }
                tasks.cancelAll()
                _ = try await tasks.next()
            }
        }
        await #expect(throws: JailFailure.self) { try await quota.waitForExcess(of: "/nowhere") }
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

}
