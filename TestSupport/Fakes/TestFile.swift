internal import Glibc

/// Writes small files for programs that tests start.
package enum TestFile {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(description: "\(path): error \(errno)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Failure(description: "\(path): error \(errno)")
        }
        // This process's umask must not hide it from a server that drops its privileges.
        fchmod(descriptor, mode)
    }

    /// Creates a folder that a server can use after dropping its privileges.
    package static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw Failure(description: "\(path): error \(errno)")
        }
        chmod(path, 0o777)
    }
}
