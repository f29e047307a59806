internal import CSystem
internal import Glibc

/// What the file system says of a file.
struct FileFacts: Equatable {
    let kind: WorkspaceEntry.Kind
    let inode: UInt64
    /// Bytes.
    let size: Int64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// Nanoseconds since 1970. Only the kernel sets it.
    let changed: Int64
    let mode: UInt32
    let user: UInt32
    let group: UInt32
    let links: UInt32

    init(_ raw: csystem_facts) {
        self.kind =
            switch raw.mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        self.inode = raw.inode
        self.size = raw.size
        self.modified = raw.modified
        self.changed = raw.changed
        self.mode = raw.mode & ~S_IFMT
        self.user = raw.user
        self.group = raw.group
        self.links = raw.links
    }

    /// Whether the owner may execute it.
    var isExecutable: Bool { self.mode & S_IXUSR != 0 }
}

/// The user and group that a file belongs to.
package struct FileOwner: Hashable, Sendable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
