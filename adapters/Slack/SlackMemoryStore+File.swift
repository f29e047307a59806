internal import Glibc

extension SlackMemoryStore {
    /// Keeps it in a small file, written anew beside it and moved over it, so that a crash leaves one or the other.
    ///
    /// A file that cannot be written is no error: what is lost is a convenience.
    package static func file(_ path: String) -> Self {
        Self(load: { Self.read(path) }, save: { Self.write($0, to: path) })
    }

    /// Files of this kind have some kilobytes.
    private static let sizeLimit = 262_144

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.sizeLimit)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        let fresh = path + ".new"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        let count = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        if count == bytes.count { rename(fresh, path) } else { unlink(fresh) }
    }
}
