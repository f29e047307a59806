internal import Glibc
internal import Primitives

/// Reads small files whole.
package enum FileReader {
    package struct Failure: Error {
        /// For example the system's `No such file or directory`.
        package let reason: String
        package let isMissing: Bool
        /// Whether this user cannot enter the folder, so that the file may be missing as well.
        package var isUnreachable = false

        init(_ code: Int32) {
            self.reason = String(cString: strerror(code))
            self.isMissing = code == ENOENT || code == ENOTDIR
        }

        init(_ reason: String) {
            self.reason = reason
            self.isMissing = false
        }
    }

    package struct File {
        package let bytes: [UInt8]
        /// Whether its group or everyone can read it.
        package let isReadableByOthers: Bool
    }

    /// Throws for a file longer than `limit` bytes, and for anything but a regular file (a pipe would block).
    package static func read(_ path: String, limit: Int) throws(Failure) -> File {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            var failure = Failure(errno)
            // Only the folder's mode can hide a file from stat(2).
            var status = stat()
            failure.isUnreachable = !failure.isMissing && stat(path, &status) != 0 && errno == EACCES
            throw failure
        }
        let descriptor = FileDescriptor(owning: number)
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else { throw Failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure("it is not a regular file") }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor.rawValue, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw Failure(errno)
            }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw Failure("it is larger than \(limit) bytes") }
        return File(bytes: Array(bytes[..<count]), isReadableByOthers: status.st_mode & 0o044 != 0)
    }
}
