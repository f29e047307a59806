internal import Glibc
internal import Processes

/// A file system of a few megabytes for full-disk tests. Users other than root need `sudo` without a password.
package final class SmallDisk: Sendable {
    /// The mount point.
    package let path: String
    private let directory: TemporaryDirectory

    /// Of the mount point, to tell these mounts from others.
    static let name = "jetbridge-small-disk"

    /// Why the file system could not be mounted.
    package struct Failure: Error, CustomStringConvertible {
        /// The output of `mount`.
        package let description: String
    }

    package init(megabytes: Int) async throws {
        self.directory = try TemporaryDirectory()
        self.path = self.directory.path + "/" + Self.name
        mkdir(self.path, 0o700)
        try await Self.run(
            "mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700,uid=\(getuid())", "tmpfs", self.path])
    }

    /// Fills all remaining space.
    package func fill() {
        let file = open(self.fillerPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        var block = [UInt8](repeating: 0x66, count: 65_536)
        while !block.isEmpty {
            let count = write(file, block, block.count)
            if count < block.count { block.removeLast(block.count - block.count / 2) }
        }
    }

    /// Frees the space taken by ``fill()``.
    package func free() { unlink(self.fillerPath) }

    /// Unmounts it and discards its contents.
    package func remove() async { try? await Self.run("umount", ["-l", self.path]) }

    private var fillerPath: String { self.path + "/filler" }

    private static func run(_ program: String, _ arguments: [String]) async throws {
        let words = (getuid() == 0 ? [] : ["sudo", "-n"]) + [program] + arguments
        let plan = ProcessPlan("/usr/bin/env", words, environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"])
        let result = try await Process.run(plan)
        guard result.status.isSuccess else { throw Failure(description: result.errorText) }
    }
}
