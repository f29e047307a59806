package import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// A control group as its folder in the file system.
package struct ControlGroupFolder: Sendable, Hashable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Makes the group. Throws EEXIST if there is one.
    package func make() throws(SystemError) {
        guard unsafe mkdir(self.path, 0o755) == 0 else { throw .last("make the group \(self.path)") }
    }

    /// Removes the group; does nothing if there is none. Throws EBUSY while it has processes or groups.
    package func remove() throws(SystemError) {
        guard unsafe rmdir(self.path) == 0 || errno == ENOENT else { throw .last("remove the group \(self.path)") }
    }

    package func file(_ name: String) -> String { "\(self.path)/\(name)" }

    package func has(_ name: String) -> Bool { unsafe access(self.file(name), F_OK) == 0 }

    /// Writes a control file in one call, as the kernel requires.
    package func write(_ text: String, to name: String) throws(SystemError) {
        let path = self.file(name)
        let number = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard number >= 0 else { throw .last("open \(path)") }
        let file = FileDescriptor(owning: number)
        let bytes = Array(text.utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw .last("write '\(text)' to \(path)") }
    }

    /// A control file's text; nil if it is missing or unreadable.
    package func read(_ name: String) -> String? { PrivateFile.text(of: self.file(name)) }

    /// The processes in the group itself. Processes of another pid namespace are left out: they read as 0.
    package var members: [Int32] {
        (self.read("cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
    }

    /// The names of the groups below this one that begin with `prefix`.
    package func names(beginning prefix: String) -> [String] {
        (unsafe FileDescriptor.names(opendir(self.path)) ?? []).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasPrefix(prefix) }
    }
}
