internal import Glibc
internal import Primitives

/// One entry of a listing.
package struct WorkspaceEntry: Sendable, Hashable {
    package enum Kind: String, Sendable { case file, folder, link, other }

    /// Below the workspace.
    package let path: String
    package let kind: Kind
    /// Bytes; nil for a folder.
    package let size: Int?

    package init(path: String, kind: Kind, size: Int?) {
        self.path = path
        self.kind = kind
        self.size = size
    }

    init(path: String, _ facts: FileFacts) {
        self.init(path: path, kind: facts.kind, size: facts.kind == .folder ? nil : Int(facts.size))
    }
}

extension WorkFiles {
    /// Files and folders below a folder ("" is the workspace), the nearest first if there are more than `limit`; sorted
    /// by path. Leaves out what scans leave out. Bytes that are not UTF-8 are replaced.
    package func list(_ path: String, limit: Int) throws(GitError) -> [WorkspaceEntry] {
        let top = try Folder(path: self.folder)
        let parts = try Self.parts(of: path, isFolder: true)
        guard limit > 0 else { return [] }
        var found: [(path: [UInt8], entry: WorkspaceEntry)] = []
        var waiting: [[UInt8]] = [Array(parts.joined(separator: [UInt8(ascii: "/")]))]
        var next = 0
        while next < waiting.count, found.count < limit {
            let place = waiting[next]
            next += 1
            guard let folder = top.folder(place.isEmpty ? [UInt8(ascii: ".")] : place) else {
                if next > 1 { continue }
                throw GitError(system: errno, "list", "the folder \(GitName.printable(path))")
            }
            for name in folder.names(limit: .max) ?? [] where !self.rules.excluded.contains(name) {
                guard found.count < limit else { break }
                guard let facts = folder.facts(of: name) else { continue }
                let full = place.isEmpty ? name : place + [UInt8(ascii: "/")] + name
                if facts.kind == .folder, full.count < 1_024 { waiting.append(full) }
                found.append((full, WorkspaceEntry(path: String(decoding: full, as: UTF8.self), facts)))
            }
        }
        return found.sorted { $0.path.lexicographicallyPrecedes($1.path) }.map(\.entry)
    }

    /// The bytes of a regular file. Throws ``GitError/Code/tooLarge`` over `limit` bytes.
    package func read(_ path: String, limit: Int) throws(GitError) -> [UInt8] {
        let file = try self.openFile(named: path)
        guard file.size <= limit else {
            throw GitError(
                .tooLarge,
                "the file \(GitName.printable(path)) has \(file.size) bytes, over the limit of \(limit): shorten it")
        }
        return try self.read(file, at: 0, upTo: file.size)
    }

    /// Opens a regular file, to be read in pieces.
    package func openFile(named path: String) throws(GitError) -> OpenFile {
        let what = "the file \(GitName.printable(path))"
        let top = try Folder(path: self.folder)
        let parts = try Self.parts(of: path, isFolder: false)
        let file = top.file(Array(parts.joined(separator: [UInt8(ascii: "/")])))
        if file == nil, errno != 0 { throw GitError(system: errno, "read", what) }
        guard let file, file.facts.links < 2 || file.facts.user == top.facts?.user else {
            throw GitError(.invalidName, "can't read \(what) because it is not a regular file: choose another one")
        }
        return file
    }

    /// Writes a file and the folders above it. Replaces a link in its place; never writes through one.
    package func write(_ bytes: [UInt8], to path: String) throws(GitError) {
        let what = "the file \(GitName.printable(path))"
        var parts = try Self.parts(of: path, isFolder: false)
        let name = parts.removeLast()
        let top = try Folder(path: self.folder)
        try self.diskRoom.check(Int64(bytes.count), "can't write \(what)")
        let owner = Self.owner(of: top)
        let status = Self.write(bytes, to: name, below: parts[...], in: top, owner)
        guard status == 0 else { throw GitError(system: status, "write", what) }
    }

    static func write(
        _ bytes: [UInt8], to name: [UInt8], below parts: ArraySlice<[UInt8]>, in folder: borrowing Folder,
        _ owner: FileOwner?
    ) -> Int32 {
        guard let first = parts.first else { return folder.write(bytes, to: name, mode: 0o644, owner: owner) }
        if folder.facts(of: first) == nil { _ = folder.makeFolder(first, owner: owner) }
        guard let child = folder.folder(first) else { return errno }
        return Self.write(bytes, to: name, below: parts.dropFirst(), in: child, owner)
    }

    /// The parts of a path that a person gave.
    private static func parts(of path: String, isFolder: Bool) throws(GitError) -> [[UInt8]] {
        if isFolder, path.isEmpty || path == "." { return [] }
        try GitName.checkPath(path)
        return path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }
}
