internal import CGit2
internal import Glibc
internal import Primitives

/// Lets the jails' users read a repository's objects, of which a jail sees nothing but these.
package enum ObjectsAccess {
    /// Folders that need no look until they change: when they did last, in nanoseconds since 1970.
    private static let done = Protected<[String: Int64]>([:])

    /// Makes the objects readable for everybody, if they are in a folder that no other user can enter: then nobody gets
    /// anything by it who does not see them in another way. Elsewhere the modes are as somebody wanted them. Blocks.
    package static func allow(_ objects: String) {
        guard self.isPrivate(objects), let top = try? Folder(path: objects) else { return }
        self.allow(top, objects, level: 0)
    }

    private static func isPrivate(_ path: String) -> Bool {
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            parts.removeLast()
            guard let folder = try? Folder(path: "/" + parts.joined(separator: "/")), let facts = folder.facts else {
                continue
            }
            if facts.mode & 0o077 == 0, facts.user == geteuid() { return true }
        }
        return false
    }

    private static func allow(_ folder: borrowing Folder, _ path: String, level: Int) {
        guard let facts = folder.facts, level < 3 else { return }
        if facts.mode & 0o055 != 0o055 { _ = fchmod(folder.descriptor, facts.mode & 0o7777 | 0o055) }
        let isDone = self.done.withLock { $0[path] == facts.modified }
        for name in (level == 0 || !isDone ? folder.names(limit: .max) : nil) ?? [] {
            guard let entry = folder.facts(of: name) else { continue }
            if entry.kind == .folder, let child = folder.folder(name) {
                self.allow(child, "\(path)/\(String(decoding: name, as: UTF8.self))", level: level + 1)
            } else if entry.kind == .file {
                folder.permit(name, entry, 0o044)
            }
        }
        // A folder that has just changed may change again without a new time.
        guard level > 0, WallClock.now() / 1_000 * 1_000_000_000 - facts.modified > 2_000_000_000 else { return }
        self.done.withLock { $0[path] = facts.modified }
    }
}
