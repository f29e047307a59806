internal import Glibc
internal import Primitives

// For a copy of all files.
extension WorkFiles {
    /// An entry of a folder.
    package struct Content: Sendable {
        package enum Kind: Sendable {
            case folder, file
            /// The target as it is, of any bytes.
            case link([UInt8])
        }

        /// From the top; any bytes but zero.
        package let path: [UInt8]
        package let kind: Kind
        /// The permission bits.
        package let mode: Int
        /// Seconds since 1970.
        package let modified: Int64
    }

    /// What a folder directly contains, in the order of the names; of the top, if the path is empty. Leaves out Git
    /// folders and what is no file, folder or link, with the reason.
    package func contents(of path: [UInt8]) throws(GitError) -> (entries: [Content], skipped: [SkippedFile]) {
        let top = try Folder(path: self.folder)
        func skipped(_ path: [UInt8], _ reason: String) -> SkippedFile {
            SkippedFile(path: String(decoding: path, as: UTF8.self), reason: reason)
        }
        let depth = path.count { $0 == UInt8(ascii: "/") }
        guard depth < self.rules.depth else {
            return ([], [skipped(path, "it is more than \(self.rules.depth) folders deep")])
        }
        guard let folder = top.folder(path.isEmpty ? [UInt8(ascii: ".")] : path),
            let names = folder.names(limit: self.rules.entries)
        else { return ([], [skipped(path, "it can't be opened")]) }
        var entries: [Content] = []
        var left: [SkippedFile] = []
        for name in names {
            let place = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            guard !self.rules.excluded.contains(name) else {
                if !path.isEmpty { left.append(skipped(place, "it is a Git folder")) }
                continue
            }
            guard let facts = folder.facts(of: name) else { continue }
            let kind: Content.Kind
            switch facts.kind {
            case .folder: kind = .folder
            case .file: kind = .file
            case .link:
                guard let target = folder.link(name) else { continue }
                kind = .link(target)
            case .other:
                left.append(skipped(place, "it is a pipe, socket or device"))
                continue
            }
            entries.append(
                Content(
                    path: place, kind: kind, mode: Int(facts.mode & 0o7777),
                    modified: facts.modified / 1_000_000_000))
        }
        return (entries, left)
    }

    /// Opens a regular file. Nil if it is not one any more, or is a hard link to a file of another user.
    package func openFile(_ path: [UInt8]) throws(GitError) -> OpenFile? {
        let top = try Folder(path: self.folder)
        let number = top.open(path, O_RDONLY | O_NOFOLLOW)
        guard number >= 0 else { return nil }
        let file = FileDescriptor(owning: number)
        guard let facts = Folder.facts(of: number), facts.links < 2 || facts.user == top.facts?.user else { return nil }
        return OpenFile(file)
    }

    /// A piece of an open file; empty at its end.
    package func read(_ file: OpenFile, at start: Int, upTo count: Int) throws(GitError) -> [UInt8] {
        guard let bytes = file.read(at: start, upTo: count) else {
            throw GitError(.failed, "a file can't be read: check the disk")
        }
        return bytes
    }
}
