internal import Glibc
internal import Primitives

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
        return unsafe FileDescriptor.names(directory, limit: 1)?.isEmpty == true
    }
}
