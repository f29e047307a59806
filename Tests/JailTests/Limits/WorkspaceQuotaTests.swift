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

    /// Mounts of a failed test must not stay, whatever happened.
    private static func withImages(_ body: (LoopImages, _ root: String) async throws -> Void) async throws {
        // Nobody else can mount.
        guard getuid() == 0 else { return }
        let root = try TemporaryDirectory()
        let images = LoopImages()
        do {
            try await body(images, root.path)
        } catch {
            await images.sweep(below: root.path)
            throw error
        }
        await images.sweep(below: root.path)
        #expect(MountedFolders.points(below: root.path) == [])
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

    @Test("an image refuses bytes and files beyond its size, and returns what is deleted")
    func image() async throws {
        try await Self.withImages { images, root in
            let folder = "\(root)/w"
            try await images.prepare(folder, bytes: 8 << 20, files: 50)
            try await images.prepare(folder, bytes: 8 << 20, files: 50)
            #expect(MountedFolders.points(below: root) == [folder])
            let empty = try await images.usage(of: folder)
            #expect(empty.files <= 1)
            let fits = try await Self.shell("head -c 8000000 /dev/zero >a && rm a", in: folder)
            #expect(fits.status.isSuccess, "\(fits.errorText)")
            let full = try await Self.shell("head -c 30000000 /dev/zero >a; stat -c %s a", in: folder)
            #expect((8 << 20...13 << 20).contains(Int(full.text.dropLast()) ?? 0))
            try await Self.shell("rm a", in: folder)
            let many = try await Self.shell(
                "i=0; while [ $i -lt 500 ] && true >f$i; do i=$((i+1)); done; ls | wc -l", in: folder)
            #expect((49...120).contains(Int(many.text.dropLast()) ?? 0))
            try await images.remove(folder)
            #expect(access("\(folder).image", F_OK) != 0)
        }
    }

    @Test("an image keeps its files when it is released and prepared again")
    func kept() async throws {
        try await Self.withImages { images, root in
            let folder = "\(root)/w"
            try await images.prepare(folder, bytes: 1 << 20, files: 50)
            try await Self.shell("echo kept >a", in: folder)
            await images.release(folder)
            #expect(access("\(folder)/a", F_OK) != 0)
            try await images.prepare(folder, bytes: 1 << 20, files: 50)
            #expect(try await Self.shell("cat a; ls -A", in: folder).text == "kept\na\n")
        }
    }

    @Test("an image is not mounted over files")
    func covered() async throws {
        try await Self.withImages { images, root in
            try await Self.shell("mkdir w; echo 1 >w/a", in: root)
            await #expect(throws: JailFailure.self) { try await images.prepare("\(root)/w", bytes: 1 << 20, files: 50) }
            #expect(access("\(root)/w/a", F_OK) == 0)
        }
    }

    @Test("setuid programs and devices do nothing in an image")
    func options() async throws {
        try await Self.withImages { images, root in
            try await images.prepare("\(root)/w", bytes: 1 << 20, files: 50)
            let text = try await Self.shell("cat /proc/self/mountinfo", in: "\(root)/w").text
            let line = text.split(separator: "\n").first { $0.contains("\(root)/w ") } ?? ""
            #expect(line.contains("nosuid") && line.contains("nodev"))
        }
    }

    @Test("what a host that ended had mounted is unmounted without it")
    func guardian() async throws {
        guard getuid() == 0 else { return }
        let root = try TemporaryDirectory()
        let folder = "\(root.path)/w"
        do {
            // Its guard sees the same when the process is killed: the end of its input.
            let images = LoopImages()
            try await images.prepare(folder, bytes: 1 << 20, files: 50)
            #expect(MountedFolders.points(below: root.path) == [folder])
        }
        while MountedFolders.points(below: root.path) != [] { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("a new host unmounts what an old one left, and nothing else")
    func sweep() async throws {
        try await Self.withImages { images, root in
            try await images.prepare("\(root)/w", bytes: 1 << 20, files: 50)
            try await images.prepare("\(root)/x", bytes: 1 << 20, files: 50)
            await LoopImages().sweep(below: "\(root)/x")
            #expect(MountedFolders.points(below: root) == ["\(root)/w"])
        }
    }

    @Test("mount points are found by whole names, the deepest first")
    func points() {
        let text = """
            1 2 0:1 / / rw - ext4 /dev/vda rw
            3 1 7:0 / /data/w rw,nosuid - ext4 /dev/loop0 rw
            4 3 7:1 / /data/w/x\\040y rw - ext4 /dev/loop1 rw
            5 1 7:2 / /data/w2 rw - ext4 /dev/loop2 rw
            """
        #expect(MountedFolders.points(below: "/data/w", in: text) == ["/data/w/x y", "/data/w"])
    }

    @Test("the strongest way for this machine is tried out and leaves nothing")
    func strongest() async throws {
        let root = try TemporaryDirectory()
        let choice = await WorkspaceQuotas.strongest(below: root.path)
        #expect(choice.quota.name == (choice.shortcomings.isEmpty ? "loop image" : "measured"))
        #expect(rmdir(root.path) == 0)
        mkdir(root.path, 0o700)
    }
}
