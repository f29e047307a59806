internal import Glibc

/// The user that the host runs as.
package struct HostUser: Sendable, Equatable {
    package let name: String
    package let home: String

    package static func current() -> HostUser {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.pw_name, let home = entry.pw_dir
        else { return HostUser(name: "\(geteuid())", home: "/") }
        return HostUser(name: String(cString: name), home: String(cString: home))
    }
}
