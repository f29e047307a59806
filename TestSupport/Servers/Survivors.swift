internal import Glibc

/// Processes outside of the jail's view, by a text in their command line.
package enum Survivors {
    package struct Process: Equatable {
        package let id: Int32
        /// Real user.
        package let user: UInt32
    }

    /// A number for `sleep` that no other process has.
    package static func mark() -> String { "9\(UInt32.random(in: 10_000_000...99_999_999))" }

    /// Running processes; a zombie has no command line.
    package static func of(_ mark: String) -> [Process] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Process] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let id = Int32(name), id != getpid(), self.text("/proc/\(id)/cmdline").contains(mark) else {
                continue
            }
            let status = self.text("/proc/\(id)/status")
            let user = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
                .flatMap { UInt32($0.split(whereSeparator: { $0 == "\t" || $0 == " " })[1]) }
            // Ended between the two looks.
            guard let user else { continue }
            found.append(Process(id: id, user: user))
        }
        return found
    }

    /// Returns once there are `count` of them; the suite's time limit ends the wait.
    package static func wait(_ mark: String, atLeast count: Int) async throws -> [Process] {
        while true {
            let found = self.of(mark)
            if found.count >= count { return found }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    package static func waitForNone(_ mark: String) async throws {
        while !self.of(mark).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// The lines of `/proc/self/mounts`, without those of a ``SmallDisk``, which other tests mount at the same time.
    package static var mounts: [Substring] {
        self.text("/proc/self/mounts").split(separator: "\n").filter { !$0.contains(SmallDisk.name) }
    }

    package static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(file, &buffer, buffer.count)
        return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    }
}
