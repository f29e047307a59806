internal import Crypto
internal import Glibc
internal import Primitives

/// A regular file of a workspace.
package struct WorkspaceFile: Sendable, Hashable {
    package let bytes: [UInt8]
    package let isExecutable: Bool

    package init(bytes: [UInt8], isExecutable: Bool) {
        self.bytes = bytes
        self.isExecutable = isExecutable
    }

    package var digest: String { Self.digest(of: self.bytes) }

    /// SHA-256, hexadecimal.
    package static func digest(of bytes: [UInt8]) -> String { hex(sha256(bytes)) }
}

/// What to do with one file of a workspace.
package struct WorkspaceEdit: Sendable, Hashable {
    package let path: String
    /// What the file has to be before: SHA-256 of its bytes, hexadecimal; nil for a file that must not exist.
    package let expected: String?
    /// Nil removes the file.
    package let bytes: [UInt8]?
    /// Nil keeps the mode.
    package let isExecutable: Bool?

    package init(path: String, expected: String?, bytes: [UInt8]?, isExecutable: Bool? = nil) {
        self.path = path
        self.expected = expected
        self.bytes = bytes
        self.isExecutable = isExecutable
    }
}

extension WorkFiles {
    /// A file with its permission bits.
    private typealias FileState = (file: WorkspaceFile, mode: UInt32)

    /// A regular file; nil if nothing has its name. The path is as ``QuotedPath`` writes it. Throws for a folder, a
    /// link, a device, and over `limit` bytes.
    package func file(_ path: String, limit: Int) throws(GitError) -> WorkspaceFile? {
        try Self.state(of: Self.bytes(of: path), path, in: Folder(path: self.folder), limit: limit)?.file
    }

    /// Carries out all edits or none: checks that every file is what is expected, then writes. Nothing is written
    /// through a link, and a new file has its whole content when it appears. Throws ``GitError/Code/conflict`` if a file
    /// is not as expected, and ``GitError/Code/diskFull`` if the disk has no room.
    package func apply(_ edits: [WorkspaceEdit], limit: Int) throws(GitError) {
        let top = try Folder(path: self.folder)
        let owner = Self.owner(of: top)
        var before: [(path: [UInt8], state: FileState?)] = []
        for edit in edits {
            let path = try Self.bytes(of: edit.path)
            let state = try Self.state(of: path, edit.path, in: top, limit: limit)
            guard state?.file.digest == edit.expected else {
                throw GitError(
                    .conflict,
                    "nothing was changed because \(GitName.printable(edit.path)) is not what it was: read it again")
            }
            before.append((path, state))
        }
        let growth = zip(edits, before).reduce(0) {
            $0 + ($1.0.bytes?.count ?? 0) - ($1.1.state?.file.bytes.count ?? 0)
        }
        try self.diskRoom.check(Int64(growth), "nothing was changed")
        for (index, edit) in edits.enumerated() {
            let (path, state) = before[index]
            let mode = Self.mode(of: edit, state)
            let status = Self.put(edit.bytes, at: path, mode: mode, in: top, owner)
            guard status != 0 else { continue }
            for (path, state) in before[..<index].reversed() {
                _ = Self.put(state?.file.bytes, at: path, mode: state?.mode ?? 0o644, in: top, owner)
            }
            throw GitError(system: status, "write", "the file \(GitName.printable(edit.path))")
        }
    }

    private static func mode(of edit: WorkspaceEdit, _ state: FileState?) -> UInt32 {
        let mode = (state?.mode ?? 0o644) & 0o777
        return switch edit.isExecutable {
        case true?: mode | (mode & 0o444) >> 2 | 0o100
        case false?: mode & ~0o111
        case nil: mode
        }
    }

    static func bytes(of path: String) throws(GitError) -> [UInt8] {
        let bytes = QuotedPath.bytes(of: path) ?? []
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let reason: String? =
            if bytes.isEmpty {
                "it is empty or wrongly quoted"
            } else if bytes.count > 2_048 || parts.contains(where: { $0.count > 255 }) {
                "it is too long"
            } else if bytes.contains(0) || parts.contains(where: { $0.isEmpty || $0 == [46] || $0 == [46, 46] }) {
                "it is absolute or contains the part \"..\""
            } else if parts.contains(where: { GitName.meansGit(Substring(decoding: $0, as: UTF8.self)) }) {
                "a part of it means .git"
            } else {
                nil
            }
        guard let reason else { return bytes }
        throw GitError(
            .invalidName, "the path \(GitName.printable(path)) can't be used because \(reason): choose another one")
    }

    private static func state(
        of path: [UInt8], _ name: String, in top: borrowing Folder, limit: Int
    ) throws(GitError) -> FileState? {
        let what = "the file \(GitName.printable(name))"
        let number = top.open(path, O_RDONLY | O_NOFOLLOW)
        if number == -ENOENT { return nil }
        guard number >= 0 else { throw GitError(system: -number, "open", what) }
        let file = FileDescriptor(owning: number)
        guard let facts = Folder.facts(of: file.rawValue) else { throw GitError(system: errno, "read", what) }
        guard facts.kind == .file else {
            let kind = facts.kind == .folder ? "a folder" : "a pipe, socket or device"
            throw GitError(.invalidName, "\(GitName.printable(name)) is \(kind), not a file: choose another path")
        }
        guard facts.links < 2 || facts.user == top.facts?.user else {
            throw GitError(.invalidName, "\(what) is a hard link to a file of another user: choose another path")
        }
        guard facts.size <= limit else {
            throw GitError(.tooLarge, "\(what) has \(facts.size) bytes, over the limit of \(limit)")
        }
        guard let bytes = FileDescriptor.read(file.rawValue, upTo: Int(facts.size)) else {
            throw GitError(system: errno, "read", what)
        }
        return (WorkspaceFile(bytes: bytes, isExecutable: facts.isExecutable), facts.mode)
    }

    /// Writes or removes a file. Makes the folders above it, and removes those that it leaves empty.
    private static func put(
        _ bytes: [UInt8]?, at path: [UInt8], mode: UInt32, in top: borrowing Folder, _ owner: FileOwner?
    ) -> Int32 {
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard let name = parts.last.map({ Array($0) }) else { return EINVAL }
        guard let bytes else {
            guard let folder = top.folder(Self.join(parts.dropLast())) else { return errno }
            let status = folder.remove(name)
            if status == 0 { Self.removeEmpty(parts.dropLast(), in: top) }
            return status
        }
        for count in parts.indices {
            let place = Self.join(parts[..<count])
            guard let folder = top.folder(place) else { return errno }
            if count == parts.count - 1 { return folder.write(bytes, to: name, mode: mode, owner: owner) }
            let next = Array(parts[count])
            if folder.facts(of: next) == nil { _ = folder.makeFolder(next, owner: owner) }
        }
        return EINVAL
    }

    private static func removeEmpty(_ parts: ArraySlice<ArraySlice<UInt8>>, in top: borrowing Folder) {
        var parts = parts
        while let name = parts.popLast() {
            guard let folder = top.folder(Self.join(parts)), folder.removeFolder(Array(name)) == 0 else { return }
        }
    }

    private static func join(_ parts: ArraySlice<ArraySlice<UInt8>>) -> [UInt8] {
        parts.isEmpty ? [UInt8(ascii: ".")] : Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }
}
