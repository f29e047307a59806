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
    package static func names(in path: String, limit: Int = .max) -> [String] {
        guard let folder = try? Folder(path: path) else { return [] }
        return (folder.names(limit: limit) ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Removes the files of a folder below `path` whose names begin with `prefix`. Never follows a link. Blocks.
    package static func removeFiles(beginningWith prefix: String, in name: String, below path: String) {
        guard let top = try? Folder(path: path), let folder = top.folder(Array(name.utf8)) else { return }
        for name in folder.names(limit: .max) ?? [] where name.starts(with: prefix.utf8) {
            _ = folder.remove(name)
        }
    }

    /// Lets every user read a folder of the host's own with all that is in it, and run its programs. Never leaves it
    /// through a link. What can't be changed stays as it is. Blocks.
    package static func share(_ path: String) {
        guard let folder = try? Folder(path: path) else { return }
        Self.share(folder, depth: 0)
    }

    private static func share(_ folder: borrowing Folder, depth: Int) {
        guard depth < 64, let facts = folder.facts else { return }
        if facts.mode & 0o055 != 0o055 { _ = fchmod(folder.descriptor, facts.mode & 0o7777 | 0o055) }
        for name in folder.names(limit: .max) ?? [] {
            guard let entry = folder.facts(of: name) else { continue }
            if entry.kind == .folder, let child = folder.folder(name) {
                Self.share(child, depth: depth + 1)
            } else if entry.kind == .file {
                let wanted: UInt32 = entry.isExecutable ? 0o055 : 0o044
                folder.permit(name, entry, wanted)
            }
        }
    }

    /// Gives a folder or file of the host's own, and what a folder directly contains, to `owner`. Blocks.
    package static func give(_ path: String, to owner: FileOwner) throws(GitError) {
        guard unsafe lchown(path, owner.user, owner.group) == 0 else {
            throw GitError(system: errno, "give away", path)
        }
        guard let folder = try? Folder(path: path) else { return }
        Self.give(folder, from: owner.user, to: owner)
    }

    /// Gives a folder and what is in it. A hard link to a file that belongs to neither user may lead out of the folder,
    /// so it is left alone.
    static func give(_ folder: borrowing Folder, from old: UInt32, to new: FileOwner, depth: Int = 0) {
        for name in folder.names(limit: .max) ?? [] {
            guard let facts = folder.facts(of: name) else { continue }
            let isGiven = facts.user == new.user && facts.group == new.group
            if facts.kind == .folder {
                if depth < 300, let child = folder.folder(name) {
                    Self.give(child, from: old, to: new, depth: depth + 1)
                }
            } else if !isGiven, facts.links < 2 || facts.user == old {
                _ = folder.own(name, new)
            }
        }
        _ = folder.own(new)
    }
}
