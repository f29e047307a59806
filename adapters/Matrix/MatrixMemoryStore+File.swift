internal import Glibc

extension MatrixMemoryStore {
    /// Keeps it in a file that only its owner can read (it holds the token), written anew beside it and moved over it,
    /// so that a crash leaves one or the other.
    ///
    /// Not synced to the disk: after a power cut an older state only means that known events come once more.
    package static func file(_ path: String) -> Self {
        Self(load: { Self.read(path) }, save: { Self.write($0, to: path) })
    }

    /// Far above what ten thousand rooms need.
    private static let sizeLimit = 16 << 20

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < Self.sizeLimit {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8], to path: String) -> Bool {
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        close(descriptor)
        guard rest.isEmpty, rename(fresh, path) == 0 else {
            unlink(fresh)
            return false
        }
        return true
    }
}
