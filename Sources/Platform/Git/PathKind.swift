internal import Glibc

/// What is at a local path.
enum PathKind {
    case directory, file, absent
    /// A directory above it is a file.
    case belowFile
    case forbidden

    init(_ path: String) {
        var info = stat()
        if unsafe stat(path, &info) == 0 {
            self = info.st_mode & S_IFMT == S_IFDIR ? .directory : .file
        } else {
            switch errno {
            case ENOTDIR: self = .belowFile
            case EACCES, EPERM: self = .forbidden
            default: self = .absent
            }
        }
    }

    /// Whether a repository may be created at the path.
    static func isAbsentOrEmpty(_ path: String) -> Bool {
        guard let directory = unsafe opendir(path) else { return errno == ENOENT }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe Array($0.prefix(3)) }
            let dot = UInt8(ascii: ".")
            let isDots = name[0] == dot && (name[1] == 0 || (name[1] == dot && name[2] == 0))
            if !isDots { return false }
        }
        return true
    }
}
