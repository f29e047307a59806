internal import Glibc

/// Whole folders of the host's own whose contents may be hostile.
package enum FolderTree {
    /// Removes the folder at `path` with everything in it. Never leaves it through a link. Blocks.
    package static func remove(_ path: String) throws(GitError) {
        do throws(GitError) {
            let left = FolderRemover.empty(try Folder(path: path))
            guard left == 0 else {
                throw GitError(.notWritable, "\(left) files in \(path) can't be removed: remove them by hand")
            }
        } catch  where error.code == .notFound {
            return
        }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else {
            throw GitError(system: errno, "remove", "the folder \(path)")
        }
    }

    /// Renames a folder; false if it is missing.
    package static func rename(_ path: String, to other: String) throws(GitError) -> Bool {
        if unsafe Glibc.rename(path, other) == 0 { return true }
        guard errno == ENOENT else { throw GitError(system: errno, "rename", "the folder \(path)") }
        return false
    }

    /// The names in a folder; empty if it is missing. Blocks.
    package static func names(in path: String) -> [String] {
        guard let folder = try? Folder(path: path) else { return [] }
        return (folder.names(limit: .max) ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Gives a folder or file of the host's own, and what a folder directly contains, to `owner`. Blocks.
    package static func give(_ path: String, to owner: FileOwner) throws(GitError) {
        guard unsafe lchown(path, owner.user, owner.group) == 0 else {
            throw GitError(system: errno, "give away", path)
        }
        guard let folder = try? Folder(path: path) else { return }
        FolderOwner(old: owner.user, new: owner).give(folder)
    }
}
