internal import Glibc
internal import Primitives

// The jail's Git folder: the host writes into it and reads references as text, but never opens it as a repository.
extension WorkFiles {
    /// Makes the folders of the jail's Git folder and the empty files that read-only files are bound over, including
    /// `.git` in the workspace. Replaces what a program may have put there. Call it before each start of the jail.
    package func prepareGit() throws(GitError) {
        guard let git = self.git else { return }
        let top = try Folder(path: git)
        let owner = Self.owner(of: top)
        var status: Int32 = 0
        for (parent, name) in [
            ("", "objects"), ("objects", "info"), ("objects", "pack"), ("", "refs"), ("refs", "heads"), ("", "hooks"),
            ("", "info"),
        ] where status == 0 {
            status = Self.put(name, isFolder: true, below: parent, in: top, owner)
        }
        if status == 0 { status = Self.put("config", isFolder: false, below: "", in: top, owner) }
        if status == 0 { status = Self.put("alternates", isFolder: false, below: "objects/info", in: top, owner) }
        let files = try Folder(path: self.folder)
        if status == 0 { status = Self.put(".git", isFolder: false, below: "", in: files, Self.owner(of: files)) }
        guard status == 0 else { throw GitError(system: status, "prepare", "the workspace's Git folder") }
    }

    /// Makes `branch` the jail's checked-out branch at `commit`, with a fresh index.
    package func setHead(_ branch: String, to commit: GitObjectID, index draft: String) throws(GitError) {
        guard let git = self.git else { return }
        let index = try self.index(of: commit, draft: draft)
        let top = try Folder(path: git)
        let owner = Self.owner(of: top)
        var status = Self.writeTip(commit, of: branch, in: top)
        if status == 0 { status = top.write(index, to: Array("index".utf8), mode: 0o644, owner: owner) }
        let head = Array("ref: refs/heads/\(branch)\n".utf8)
        if status == 0 { status = top.write(head, to: Array("HEAD".utf8), mode: 0o644, owner: owner) }
        guard status == 0 else { throw GitError(system: status, "write", "the branch in the workspace's Git folder") }
    }

    /// Moves the jail's `branch` to a commit with the same files, unless a program has moved it away from `old`. What is
    /// checked out and the index stay.
    package func moveTip(of branch: String, from old: GitObjectID, to commit: GitObjectID) throws(GitError) {
        guard let git = self.git, try self.tip(of: branch) == old else { return }
        let status = Self.writeTip(commit, of: branch, in: try Folder(path: git))
        guard status == 0 else { throw GitError(system: status, "write", "the branch in the workspace's Git folder") }
    }

    private static func writeTip(_ commit: GitObjectID, of branch: String, in top: borrowing Folder) -> Int32 {
        let parts = ("refs/heads/" + branch).utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        return Self.write(
            Array("\(commit.hex)\n".utf8), to: parts[parts.count - 1], below: parts.dropLast(), in: top,
            Self.owner(of: top))
    }

    /// Where the jail's branch is; nil if it has none.
    package func tip(of branch: String) throws(GitError) -> GitObjectID? {
        guard let git = self.git else { return nil }
        let top = try Folder(path: git)
        let name = "refs/heads/" + branch
        if let text = Self.text(Array(name.utf8), in: top, limit: 100), let id = Self.id(text) { return id }
        return Self.packed(in: top).first { $0.name == name }?.id
    }

    /// The commits of all references in the jail's Git folder. Throws ``GitError`` where there are more than 5,000, or more
    /// than 20,000 files in their place.
    package func tips() throws(GitError) -> Set<GitObjectID> {
        guard let git = self.git else { return [] }
        let top = try Folder(path: git)
        var tips = Set(Self.packed(in: top).map(\.id))
        if let text = Self.text(Array("HEAD".utf8), in: top, limit: 1_000), let id = Self.id(text) { tips.insert(id) }
        var left = 20_000
        if let refs = top.folder(Array("refs".utf8)) { Self.collect(refs, 0, &tips, &left) }
        return tips
    }

    /// - Parameter left: How many more files and folders are looked at.
    private static func collect(
        _ folder: borrowing Folder, _ depth: Int, _ tips: inout Set<GitObjectID>, _ left: inout Int
    ) {
        for name in folder.names(limit: 5_000) ?? [] where left > 0 && tips.count < 5_000 {
            left -= 1
            if folder.facts(of: name)?.kind == .folder {
                if depth < 16, let child = folder.folder(name) { self.collect(child, depth + 1, &tips, &left) }
            } else if let text = self.text(name, in: folder, limit: 100), let id = self.id(text) {
                tips.insert(id)
            }
        }
    }

    private static func packed(in top: borrowing Folder) -> [(name: String, id: GitObjectID)] {
        guard let text = self.text(Array("packed-refs".utf8), in: top, limit: 1 << 20) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let id = GitObjectID(String(parts[0])) else { return nil }
            return (String(parts[1]), id)
        }
    }

    private static func id(_ text: String) -> GitObjectID? {
        GitObjectID(String(text.prefix { !$0.isWhitespace }))
    }

    /// The text of a small regular file.
    private static func text(_ path: [UInt8], in folder: borrowing Folder, limit: Int) -> String? {
        guard let file = folder.file(path), file.size <= limit, let bytes = file.read(at: 0, upTo: limit) else {
            return nil
        }
        return StreamSafeText.of(String(decoding: bytes, as: UTF8.self))
    }

    private static func put(
        _ name: String, isFolder: Bool, below parent: String, in top: borrowing Folder, _ owner: FileOwner?
    ) -> Int32 {
        guard let folder = top.folder(Array((parent.isEmpty ? "." : parent).utf8)) else { return errno }
        let name = Array(name.utf8)
        if let facts = folder.facts(of: name) {
            if facts.kind == (isFolder ? .folder : .file) { return 0 }
            if facts.kind == .folder {
                if let old = folder.folder(name) { _ = FolderRemover.empty(old) }
                _ = folder.removeFolder(name)
            } else {
                _ = folder.remove(name)
            }
        }
        return isFolder
            ? folder.makeFolder(name, owner: owner) : folder.write([], to: name, mode: 0o644, owner: owner)
    }
}
