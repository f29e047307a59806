internal import Glibc

/// Facts about the host's files that a plan needs.
package enum HostFiles {
    /// Those of `paths` that exist.
    package static func existing(_ paths: [String]) -> [String] {
        paths.filter { unsafe access($0, F_OK) == 0 }
    }
}
