internal import Glibc
internal import Lifecycle
internal import Primitives
internal import Processes
internal import Sandbox

/// A file system of its own for each workspace, in a sparse file beside it (`FOLDER.image`). The kernel refuses what is
/// too much, in bytes and in files. Only root can mount it.
///
/// An existing image keeps its size.
package final class LoopImages: WorkspaceQuota {
    package let name = "loop image"
    private let guardian = MountGuard()

    /// Tries it with a small image below `root`. Fails with the reason, a clause.
    package static func probe(below root: String) async throws(JailFailure) -> LoopImages {
        guard geteuid() == 0 else { throw JailFailure("only root can mount") }
        let images = LoopImages()
        let folder = "\(root)/probe-\(UInt32.random(in: 0...UInt32.max))"
        do throws(JailFailure) {
            try await images.prepare(folder, bytes: 1 << 20, files: 64)
            try await images.remove(folder)
        } catch {
            try? await images.remove(folder)
            rmdir(folder)
            throw error
        }
        rmdir(folder)
        return images
    }

    package func prepare(_ folder: String, bytes: Int, files: Int) async throws(JailFailure) {
        guard !folder.contains("\n") else { throw JailFailure("\(folder) contains a line break") }
        if MountedFolders.points(below: folder).contains(folder) { return }
        try FolderWalk.make(folder)
        let isNew = access(Self.image(folder), F_OK) != 0
        if isNew {
            var walk = FolderWalk(maximumFiles: 1)
            walk.add(folder)
            guard walk.files == 0 else {
                throw JailFailure("\(folder) has files already, which an image would hide; move them away")
            }
            try await Self.makeImage(folder, bytes: bytes, files: files)
        }
        try await self.guardian.watch(folder)
        try await Self.run("mount", ["-t", "ext4", "-o", "loop,nosuid,nodev,discard", Self.image(folder), folder])
        if isNew { rmdir("\(folder)/lost+found") }
    }

    private static func makeImage(_ folder: String, bytes: Int, files: Int) async throws(JailFailure) {
        let draft = "\(self.image(folder)).new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw JailFailure("\(draft) cannot be made: \(String(cString: strerror(errno)))") }
        let status = ftruncate(file, off_t(self.size(bytes: bytes, files: files)))
        close(file)
        do throws(JailFailure) {
            guard status == 0 else { throw JailFailure("\(draft) cannot grow: \(String(cString: strerror(errno)))") }
            // 11 are reserved; a small journal, because a crash of the machine must not cost the work.
            try await self.run(
                "mkfs.ext4",
                [
                    "-q", "-F", "-b", "4096", "-I", "256", "-m", "0", "-N", "\(files + 11)", "-J",
                    "size=\(self.journal >> 20)", "-E",
                    "lazy_itable_init=1,lazy_journal_init=1,nodiscard", draft,
                ])
            guard rename(draft, self.image(folder)) == 0 else {
                throw JailFailure("\(draft) cannot be renamed: \(String(cString: strerror(errno)))")
            }
        } catch {
            unlink(draft)
            throw error
        }
    }

    private static let journal = 4 << 20

    /// Room for `bytes` of contents, and for what the file system itself needs.
    static func size(bytes: Int, files: Int) -> Int {
        let needed = bytes + bytes / 64 + (files + 11) * 256 + self.journal + (1 << 20)
        return (needed + 4_095) / 4_096 * 4_096
    }

    package func usage(of folder: String) async throws(JailFailure) -> WorkspaceUsage {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw JailFailure("\(folder) cannot be measured: \(String(cString: strerror(errno)))")
        }
        return WorkspaceUsage(
            bytes: Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize),
            files: max(0, Int(status.f_files) - Int(status.f_ffree) - 11))
    }

    package func waitForExcess(of folder: String) async throws -> String {
        while true { try await Task.sleep(for: .seconds(86_400)) }
    }

    package func release(_ folder: String) async { await Self.unmount(folder) }

    package func remove(_ folder: String) async throws(JailFailure) {
        await Self.unmount(folder)
        if MountedFolders.points(below: folder).contains(folder) {
            throw JailFailure("\(folder) is still mounted; run: umount -l \(folder)")
        }
        unlink(Self.image(folder))
    }

    package func sweep(below root: String) async {
        for folder in MountedFolders.points(below: root) where access(Self.image(folder), F_OK) == 0 {
            await Self.unmount(folder)
        }
    }

    private static func image(_ folder: String) -> String { "\(folder).image" }

    private static func unmount(_ folder: String) async {
        // Again for a folder that was mounted twice.
        for _ in 0..<4 where MountedFolders.points(below: folder).contains(folder) {
            if (try? await self.run("umount", [folder])) == nil { try? await self.run("umount", ["-l", folder]) }
        }
    }

    private static func run(_ name: String, _ arguments: [String]) async throws(JailFailure) {
        guard let path = Process.find(name) else { throw JailFailure("\(name) is not installed") }
        let plan = ProcessPlan(path, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/")
        let result: Process.Result
        do {
            result = try await Process.run(plan, keeping: 4_096)
        } catch {
            throw JailFailure("\(name) was interrupted: \(error)")
        }
        guard result.status.isSuccess else {
            let line = result.errorText.split(separator: "\n").first.map { ": \($0)" } ?? ""
            throw JailFailure("\(name) failed\(line)")
        }
    }
}
