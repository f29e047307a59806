internal import Compression
internal import Database
internal import Glibc
internal import Primitives

/// Reads what belongs into a backup. The database comes first, then references of Git, and all objects last: so every
/// commit that the database or a reference names is there.
final class BackupTree {
    private let source: BackupSource
    private let writer: BackupWriter
    private let secrets: BackupSecrets?
    /// What is left of them.
    private var limits: BackupLimits
    /// What is left for the long paths of a workspace, or of another folder as high up.
    private var long: (folder: [ArraySlice<UInt8>], bytes: Int) = ([], 0)
    /// Files of workspaces with several links that are in the backup.
    private var linked: Set<FileNumber> = []
    /// Beside the backup, for copies of databases.
    private let scratch: String
    private(set) var skipped: [String] = []
    private(set) var schema = 0
    /// Paths of members that are folders of objects. Not their descriptors: there may be thousands.
    private var objects: [[UInt8]] = []
    private var repositories: [String: BackupFolder] = [:]

    private struct FileNumber: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// Slashes in a folder's path.
    private static let deepest = 200
    private static let pieceSize = 256 << 10
    private static let slash = Array("/".utf8)
    private static let workspaces = Array("\(BackupLayout.data)/workspaces/".utf8)

    init(_ source: BackupSource, to writer: BackupWriter, secrets: BackupSecrets?, _ limits: BackupLimits) {
        self.source = source
        self.writer = writer
        self.secrets = secrets
        self.limits = limits
        self.scratch = "\(writer.draft).copy"
    }

    func addAll() throws {
        guard let top = BackupFolder(self.source.directory) else {
            throw BackupError.system("\(self.source.directory) cannot be read", errno, "check data_dir and its owner")
        }
        if let store = self.source.store {
            try self.copying(store) { copy in
                self.schema = try StoreCopyFile.schema(of: copy)
                try BackupLayout.endCodes(at: copy)
                try self.add(fileAt: copy, as: "\(BackupLayout.data)/\(BackupLayout.store)")
            }
        } else if let schema = self.source.schema {
            // Everything else is worth keeping although the server does not answer.
            do {
                self.schema = try schema()
            } catch {
                self.skip("the number of the schema of \(self.source.storeName) (\(error))")
            }
        }
        let own = self.source.store.map { $0.split(separator: "/").last.map(String.init) ?? "" }
        for name in top.names() {
            let text = String(decoding: name, as: UTF8.self)
            // A store of another name was copied above.
            if let own, text == own || ["-wal", "-shm"].contains(where: { text == own + $0 }) { continue }
            let path = Array("\(BackupLayout.data)/".utf8) + name
            switch BackupLayout.treatment(of: text) {
            case .leftOut: continue
            case .plain: try self.add(name, in: top, as: path)
            case .secret: try self.addSecret(name, in: top, as: text)
            case .secretDatabase:
                guard self.secrets != nil else { continue }
                try self.copying("\(self.source.directory)/\(text)") { copy in
                    try self.addSecret(BackupFolder.openedFile(copy), as: text)
                }
            }
        }
        try self.addMirrors(of: top)
        for repository in self.source.elsewhere { try self.add(repository) }
        // What vanishes from a folder meanwhile went into a pack, which comes later in the order of names.
        for path in self.objects {
            guard let folder = self.folder(of: path, in: top) else { continue }
            for name in folder.names() { try self.add(name, in: folder, as: path + Self.slash + name) }
        }
    }

    private func folder(of path: [UInt8], in top: BackupFolder) -> BackupFolder? {
        let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
        let isData = parts[0] == Array(BackupLayout.data.utf8)
        let root = isData ? top : self.repositories[String(decoding: parts[1], as: UTF8.self)]
        return parts.dropFirst(isData ? 1 : 2).reduce(root) { $0?.folder($1) }
    }

    /// Mirrors are fetched again, but for those that have commits which a server may lack, or whose objects a workspace
    /// shares.
    private func addMirrors(of top: BackupFolder) throws {
        let name = Array("mirrors".utf8)
        guard let mirrors = top.folder(name) else { return }
        let shared = self.sharedObjects(of: top)
        for entry in mirrors.names() {
            let text = String(decoding: entry, as: UTF8.self)
            if let mirror = mirrors.folder(entry) {
                let own = mirror.folder(Array("refs".utf8))?.folder(Array("jetbridge".utf8))?.names() ?? []
                let packed = mirror.text(of: "packed-refs", limit: 1 << 20).contains(" refs/jetbridge/")
                guard !own.isEmpty || packed || shared.contains(where: { $0.contains("/mirrors/\(text)/") }) else {
                    continue
                }
            }
            try self.add(entry, in: mirrors, as: Array("\(BackupLayout.data)/mirrors/".utf8) + entry)
        }
    }

    /// Where workspaces find the objects of their repositories.
    private func sharedObjects(of top: BackupFolder) -> [String] {
        guard let workspaces = top.folder(Array("workspaces".utf8)) else { return [] }
        return workspaces.names().compactMap { name in
            var folder = workspaces.folder(name)
            for part in ["host", "store", "objects", "info"] { folder = folder?.folder(Array(part.utf8)) }
            return folder?.text(of: "alternates", limit: 4_096)
        }
    }

    private func add(_ repository: BackupSource.Repository) throws {
        guard let top = BackupFolder(repository.path) else {
            return self.skip("the repository \(repository.name) at \(repository.path) (\(reason(errno)))")
        }
        self.repositories[repository.name] = top
        // Of a work tree, only what Git has.
        let git = Array(".git".utf8)
        let path = Array("\(BackupLayout.repositories)/\(repository.name)".utf8)
        if let inner = top.folder(git) {
            try self.add(inner, as: path + Self.slash + git)
        } else {
            try self.add(top, as: path)
        }
    }

    // MARK: Entries

    private func skip(_ what: String) {
        // As it is where the manifest is read.
        if self.skipped.count < 100 { self.skipped.append(StreamSafeText.of(what)) }
    }

    /// Whether the list has room for a path. Commands in jails can make paths that take far more than the files.
    private func hasRoom(for path: [UInt8], _ shown: String) -> Bool {
        guard path.count <= self.limits.path else { return false }
        // In JSON, a control character takes six bytes.
        let excess = shown.utf8.reduce(-BackupLimits.usualPath) { $0 + ($1 < 0x20 ? 6 : 1) }
        guard excess > 0 else { return true }
        let folder = Array(path.split(separator: UInt8(ascii: "/"), maxSplits: 3).prefix(3))
        if folder != self.long.folder { self.long = (folder, self.limits.paths) }
        guard excess <= self.long.bytes else { return false }
        self.long.bytes -= excess
        return true
    }

    private func add(_ name: [UInt8], in folder: BackupFolder, as path: [UInt8]) throws {
        // What has gone meanwhile need not be kept.
        guard let facts = folder.facts(of: name) else { return }
        let shown = String(decoding: path, as: UTF8.self)
        guard self.hasRoom(for: path, shown) else { return self.skip("\(shown) (its path is too long)") }
        switch facts.st_mode & S_IFMT {
        case S_IFDIR:
            guard path.count(where: { $0 == UInt8(ascii: "/") }) <= Self.deepest else {
                return self.skip("\(shown) (nested too deep)")
            }
            guard let inner = folder.folder(name) else {
                if errno != ENOENT { self.skip("\(shown) (\(reason(errno)))") }
                return
            }
            try self.add(inner, as: path)
        case S_IFLNK:
            guard BackupLayout.permitsLink(path) else { return self.skip("\(shown) (a link, which is not followed)") }
            guard let target = folder.target(of: name) else { return }
            try self.writer.add(.link, path, target: target, mode: 0o777, modified: facts.st_mtim.tv_sec)
        case S_IFREG:
            let number = folder.open(name, O_RDONLY | O_NONBLOCK)
            guard number >= 0 else {
                if errno != ENOENT { self.skip("\(shown) (\(reason(errno)))") }
                return
            }
            try self.add(FileDescriptor(owning: number), as: path)
        default: break  // Sockets and pipes are made anew by whoever uses them.
        }
    }

    private func add(_ folder: BackupFolder, as path: [UInt8]) throws {
        var facts = stat()
        guard fstat(folder.number, &facts) == 0 else { return }
        try self.writer.add(.folder, path, mode: Int(facts.st_mode & 0o777), modified: facts.st_mtim.tv_sec)
        var names = folder.names()
        let (head, refs, objects) = (Array("HEAD".utf8), Array("refs".utf8), Array("objects".utf8))
        if names.contains(head), names.contains(refs), names.contains(objects) {
            // Loose references first: one that has gone since is in `packed-refs`.
            names.removeAll { $0 == refs || $0 == objects }
            names.insert(refs, at: 0)
            self.objects.append(path + Self.slash + objects)
        }
        for name in names { try self.add(name, in: folder, as: path + Self.slash + name) }
    }

    private func add(fileAt copy: String, as path: String) throws {
        try self.add(BackupFolder.openedFile(copy), as: Array(path.utf8))
    }

    private func add(_ file: borrowing FileDescriptor, as path: [UInt8]) throws {
        var facts = stat()
        guard fstat(file.rawValue, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return }
        let number = file.rawValue
        if let reason = self.excess(of: number, facts, path) {
            return self.skip("\(String(decoding: path, as: UTF8.self)) (\(reason))")
        }
        try self.writer.add(
            path, mode: Int(facts.st_mode & 0o777), modified: facts.st_mtim.tv_sec, size: Int(facts.st_size)
        ) { Self.piece(of: number) }
    }

    /// Why a file is left out that stands for far more than it takes on the disk; nil if it is not.
    private func excess(of file: Int32, _ facts: stat, _ path: [UInt8]) -> String? {
        let (size, held) = (Int(facts.st_size), Int(facts.st_blocks) * 512)
        // A file that is nearly all holes is somebody's joke, or grows to its length here.
        guard size < 64 << 20 || size < held * 8 else { return "a file of holes" }
        // Elsewhere no command of a jail makes files, and repositories may share their packs.
        guard path.starts(with: Self.workspaces) else { return nil }
        // A file system that compresses needs less for files without holes, too.
        let hole = size < 64 << 20 && size > held && Self.hasHole(file, before: size) ? size - held : 0
        guard hole <= self.limits.holes else { return "a file of holes" }
        if facts.st_nlink > 1 {
            let number = FileNumber(device: UInt64(facts.st_dev), number: UInt64(facts.st_ino))
            if !self.linked.insert(number).inserted {
                guard size <= self.limits.repeats else { return "a further hard link" }
                self.limits.repeats -= size
            }
        }
        self.limits.holes -= hole
        return nil
    }

    private static func hasHole(_ file: Int32, before size: Int) -> Bool {
        // SEEK_HOLE of <linux/fs.h>. Each file has one at its end.
        let start = lseek(file, 0, 4)
        lseek(file, 0, SEEK_SET)
        return (0..<size).contains(start)
    }

    /// The next bytes of a file; none at its end.
    private static func piece(of number: Int32, _ size: Int = BackupTree.pieceSize) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = read(number, buffer.baseAddress?.advanced(by: filled), size - filled)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                filled += count
            }
        }
    }

    // MARK: Databases and secrets

    /// Copies a database that others write, for `body`.
    private func copying(_ path: String, _ body: (String) throws -> Void) throws {
        unlink(self.scratch)
        defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(self.scratch + suffix) } }
        try StoreCopyFile.make(of: path, at: self.scratch)
        try body(self.scratch)
    }

    private func addSecret(_ name: [UInt8], in folder: BackupFolder, as path: String) throws {
        guard self.secrets != nil, let facts = folder.facts(of: name) else { return }
        switch facts.st_mode & S_IFMT {
        case S_IFDIR:
            guard let inner = folder.folder(name) else { return self.skip("\(path) (\(reason(errno)))") }
            for entry in inner.names() {
                try self.addSecret(entry, in: inner, as: "\(path)/\(String(decoding: entry, as: UTF8.self))")
            }
        case S_IFREG:
            let number = folder.open(name, O_RDONLY | O_NONBLOCK)
            guard number >= 0 else { return self.skip("\(path) (\(reason(errno)))") }
            try self.addSecret(FileDescriptor(owning: number), as: path)
        default: self.skip("\(path) (a link, which is not followed)")
        }
    }

    private func addSecret(_ file: borrowing FileDescriptor, as path: String) throws {
        guard let secrets = self.secrets else { return }
        var facts = stat()
        guard fstat(file.rawValue, &facts) == 0 else { return }
        let (size, number) = (Int(facts.st_size), file.rawValue)
        var (left, isFirst, sealer) = (size, true, secrets.sealer(of: path))
        try self.writer.add(
            Array("\(BackupLayout.secrets)/\(path)".utf8), mode: 0o600, modified: facts.st_mtim.tv_sec,
            size: BackupSecrets.sealedSize(size)
        ) {
            guard isFirst || left > 0 else { return [] }
            isFirst = false
            let length = min(left, BackupSecrets.pieceSize)
            var piece = Self.piece(of: number, length)
            // It became shorter while it was read.
            piece += [UInt8](repeating: 0, count: length - piece.count)
            left -= length
            return sealer.seal(piece, isLast: left == 0)
        }
    }
}

extension BackupFolder {
    static func openedFile(_ path: String) -> FileDescriptor {
        FileDescriptor(owning: Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW))
    }

    /// The beginning of a small file; empty without one.
    func text(of name: String, limit: Int) -> String {
        let number = self.open(Array(name.utf8), O_RDONLY | O_NONBLOCK)
        guard number >= 0 else { return "" }
        let file = FileDescriptor(owning: number)
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = read(file.rawValue, &buffer, limit)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
