internal import Glibc

/// An owned file descriptor, closed exactly once: when the value goes out of scope or is consumed.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = Glibc.close(self.rawValue)
    }

    /// Gives up ownership, for a library that takes the descriptor over.
    package consuming func release() -> Int32 {
        let rawValue = self.rawValue
        discard self
        return rawValue
    }
}

/// Whole pieces of files and folders. Blocking; the caller owns the descriptors.
extension FileDescriptor {
    /// Writes all of `bytes`. The value of `errno`; 0 for success.
    package static func write(_ bytes: [UInt8], to number: Int32) -> Int32 {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            // Nothing written is no error of its own, and would be tried for ever.
            guard count != 0 else { return EIO }
            guard count > 0 else { return errno }
            written += count
        }
        return 0
    }

    /// Up to `count` bytes, fewer only at the end of the file; nil with `errno` when they can't be read.
    ///
    /// - Parameter start: Nil for the descriptor's position, which moves.
    package static func read(_ number: Int32, at start: Int? = nil, upTo count: Int) -> [UInt8]? {
        let (bytes, code) = Self.beginning(number, at: start, upTo: count)
        guard code != 0 else { return bytes }
        errno = code
        return nil
    }

    /// What is read before the end or an error, and the value of `errno`.
    private static func beginning(_ number: Int32, at start: Int? = nil, upTo count: Int) -> ([UInt8], Int32) {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let (target, left) = unsafe (buffer.baseAddress?.advanced(by: filled), count - filled)
                let got =
                    if let start {
                        unsafe pread(number, target, left, start + filled)
                    } else {
                        unsafe Glibc.read(number, target, left)
                    }
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        return (bytes, code)
    }

    /// At most the first `limit` bytes of a file, in pieces: one of /proc does not tell its size, and may end while it is
    /// read. Nil if it can't be opened.
    package static func contents(of path: String, upTo limit: Int) -> [UInt8]? {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(owning: number)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let size = min(limit - bytes.count, 65_536)
            let (piece, _) = Self.beginning(file.rawValue, upTo: size)
            bytes += piece
            if piece.count < size { break }
        }
        return bytes
    }

    /// The names in a folder but for `.` and `..`, at most `limit` in no particular order. Closes the folder; nil for none.
    package static func names(_ folder: OpaquePointer?, limit: Int = .max) -> [[UInt8]]? {
        guard let folder = unsafe folder else { return nil }
        defer { unsafe closedir(folder) }
        var names: [[UInt8]] = []
        while names.count < limit, let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != [46], name != [46, 46] { names.append(name) }
        }
        return names
    }
}
