internal import EventLoop
internal import Glibc
package import Primitives

/// The user to whom a data directory belongs. Root acts as that user: files that root made there would be closed to the
/// service, and could be links of the service's making.
package struct DataOwner: Sendable, Hashable {
    package let name: String
    package let home: String

    /// Whether this process may become another user.
    package static var isPossible: Bool { geteuid() == 0 }

    /// Gives up root's rights for those of the folder's owner, for good. Does nothing, and returns nil, if this is not
    /// root, or if the folder is missing or root's.
    package static func become(ownerOf folder: String) throws(HostError) -> DataOwner? {
        var status = stat()
        guard self.isPossible, unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid != 0
        else { return nil }
        let owner = Self.named(status.st_uid) ?? DataOwner(name: "\(status.st_uid)", home: folder)
        // A container's user may have no name, and then no groups.
        let group = unsafe getpwuid(status.st_uid).map { unsafe $0.pointee.pw_gid } ?? status.st_gid
        do throws(SystemError) {
            guard unsafe initgroups(owner.name, group) == 0 else { throw .last("initgroups") }
            guard setgid(group) == 0 else { throw .last("setgid") }
            guard setuid(status.st_uid) == 0 else { throw .last("setuid") }
        } catch {
            throw HostError(
                "root cannot act as \(owner.name), to whom \(folder) belongs: \(error). Run this as \(owner.name).")
        }
        return owner
    }

    private static func named(_ user: uid_t) -> DataOwner? {
        unsafe getpwuid(user).map { entry in
            unsafe DataOwner(name: String(cString: entry.pointee.pw_name), home: String(cString: entry.pointee.pw_dir))
        }
    }
}
