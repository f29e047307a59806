internal import Glibc
internal import Primitives

/// Reads files below one folder of anybody's repository: never outside of it, through no symbolic link, with limits.
struct RepositoryReader: ~Copyable {
    enum Failure: Error, Hashable {
        case missing
        case symbolicLink
        case notAFile
        case tooLarge
        case system(String)

        var reason: String {
            switch self {
            case .missing: "it does not exist"
            case .symbolicLink: "it is, or is below, a symbolic link, which is not followed"
            case .notAFile: "it is not a regular file"
            case .tooLarge: "it is larger than 1 MB"
            case .system(let reason): reason
            }
        }
    }

    /// In bytes. Documents have at most 100 KB; larger ones are still read to say what else is wrong.
    static let fileLimit = 1 << 20
    /// Names in one folder.
    static let folderLimit = 2_000

    private let root: FileDescriptor

    /// - Parameter folder: Anything that the user may name; links in it are followed.
    init(_ folder: String) throws(Failure) {
        let number = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Self.failure(errno) }
        self.root = FileDescriptor(owning: number)
    }

    /// - Parameter path: With `/` between its parts, which are never `..`.
    func bytes(of path: String) throws(Failure) -> [UInt8] {
        let file = try self.open(path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Self.failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        guard status.st_size <= Self.fileLimit else { throw .tooLarge }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file.rawValue, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure(errno)
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            // A file may grow while it is read.
            guard bytes.count <= Self.fileLimit else { throw .tooLarge }
        }
    }

    /// The names in a folder, sorted, without hidden ones; empty if it cannot be listed.
    func names(in folder: String) -> [String] {
        guard let file = try? self.open(folder, O_RDONLY | O_DIRECTORY), let directory = fdopendir(file.release())
        else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < Self.folderLimit, let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, !name.hasPrefix(".") { names.append(name) }
        }
        // By bytes: a name may be one long run of marks, which is sorted whenever it is compared as text.
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func isFolder(_ path: String) -> Bool {
        (try? self.open(path, O_RDONLY | O_DIRECTORY)) != nil
    }

    /// Whether a name leads anywhere, also to a folder or a link.
    func exists(_ path: String) -> Bool {
        var parts = Self.parts(path)
        guard let last = parts.popLast() else { return true }
        guard let folder = try? self.open(parts.joined(separator: "/"), O_RDONLY | O_DIRECTORY) else { return false }
        var status = stat()
        return fstatat(folder.rawValue, last, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Opens part by part, so that no link is followed on the way.
    private func open(_ path: String, _ flags: Int32) throws(Failure) -> FileDescriptor {
        let parts = Self.parts(path)
        guard parts.count <= 64, !parts.contains("..") else { throw .missing }
        let start = openat(self.root.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard start >= 0 else { throw Self.failure(errno) }
        var current = FileDescriptor(owning: start)
        for (place, part) in parts.enumerated() {
            let isLast = place == parts.count - 1
            let number = openat(
                current.rawValue, part, (isLast ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC)
            guard number >= 0 else {
                let code = errno
                throw Self.isLink(part, in: current.rawValue) ? .symbolicLink : Self.failure(code)
            }
            current = FileDescriptor(owning: number)
        }
        return current
    }

    private static func isLink(_ name: String, in folder: Int32) -> Bool {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func parts(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    }

    private static func failure(_ code: Int32) -> Failure {
        code == ENOENT || code == ENOTDIR ? .missing : .system(String(cString: strerror(code)))
    }
}
