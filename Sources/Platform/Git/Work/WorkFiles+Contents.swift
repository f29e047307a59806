internal import Primitives

// For a copy of all files.
extension WorkFiles {
    /// An entry of a folder.
    package struct Content: Sendable {
        package enum Kind: Sendable {
            case folder, file, link
        }

        /// In the folder, not from the top: thousands of entries may be below a long path. Any bytes but zero.
        package let name: [UInt8]
        package let kind: Kind
        /// The permission bits.
        package let mode: Int
        /// Seconds since 1970.
        package let modified: Int64
    }

    /// What a folder directly contains, in the order of the names; of the top, if the path is empty. Leaves out Git
    /// folders and special files, such as pipes; names the first 100 of them, with the reason.
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
        func leave(_ name: [UInt8], _ reason: String) {
            guard left.count < FolderScanner.mostSkippedNamed else { return }
            left.append(skipped(path.isEmpty ? name : path + [UInt8(ascii: "/")] + name, reason))
        }
        for name in names {
            guard !self.rules.excluded.contains(name) else {
                if !path.isEmpty { leave(name, "it is a Git folder") }
                continue
            }
            guard let facts = folder.facts(of: name) else { continue }
            let kind: Content.Kind
            switch facts.kind {
            case .folder: kind = .folder
            case .file: kind = .file
            case .link: kind = .link
            case .other:
                leave(name, "it is a pipe, socket or device")
                continue
            }
            entries.append(
                Content(
                    name: name, kind: kind, mode: Int(facts.mode & 0o7777),
                    modified: facts.modified / 1_000_000_000))
        }
        return (entries, left)
    }

    /// The target of a link as it is, of any bytes; nil if it is not one any more.
    ///
    /// - Parameter path: Of its folder; empty for the top.
    package func linkTarget(of name: [UInt8], in path: [UInt8]) throws(GitError) -> [UInt8]? {
        let top = try Folder(path: self.folder)
        guard let folder = top.folder(path.isEmpty ? [UInt8(ascii: ".")] : path) else { return nil }
        return folder.link(name)
    }

    /// Opens a regular file. Nil if it is not one any more, or is a hard link to a file of another user.
    package func openFile(_ path: [UInt8]) throws(GitError) -> OpenFile? {
        let top = try Folder(path: self.folder)
        guard let file = top.file(path), file.facts.links < 2 || file.facts.user == top.facts?.user else { return nil }
        return file
    }

    /// A piece of an open file; empty at its end.
    package func read(_ file: OpenFile, at start: Int, upTo count: Int) throws(GitError) -> [UInt8] {
        guard let bytes = file.read(at: start, upTo: count) else {
            throw GitError(.failed, "a file can't be read: check the disk")
        }
        return bytes
    }
}
