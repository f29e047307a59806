internal import Glibc

/// A file by which a program keeps others from changing part of a repository.
package struct GitLock: Hashable, Sendable {
    /// Relative to the repository's `.git`, such as `index.lock`.
    package let name: String
    /// When it was made, in seconds since 1970.
    package let seconds: Int64

    /// Nil if the file does not exist.
    init?(_ name: String, in folder: String) {
        var facts = stat()
        guard unsafe stat(folder + name, &facts) == 0 else { return nil }
        self.name = name
        self.seconds = Int64(facts.st_mtim.tv_sec)
    }
}
