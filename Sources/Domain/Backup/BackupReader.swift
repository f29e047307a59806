internal import Compression
internal import Crypto
internal import Glibc
internal import JSON
internal import Primitives

/// Reads a backup from its beginning to its end, and compares everything with its manifest.
final class BackupReader {
    /// Takes the members as they are read; ``BackupReader`` has checked their paths.
    protocol Sink {
        mutating func begin(_ member: TarReader.Member) throws
        mutating func take(_ bytes: ArraySlice<UInt8>) throws
        mutating func end(_ member: TarReader.Member) throws
    }

    private let path: String
    private var reader = TarReader()
    private var files: [BackupManifest.File] = []
    private var digest = SHA256()
    private var manifest: [UInt8]?
    private var count = 0
    /// Bytes that ``files`` have in a manifest.
    private var listed = 0
    /// Bytes of the compressed file that have been read.
    private var taken = 0

    private static let pieceSize = 256 << 10
    /// What a manifest may have beside its list of files, in bytes.
    private static let restOfManifest = 4 << 20

    private init(_ path: String) { self.path = path }

    /// Throws ``BackupError`` if anything is missing or differs. What a sink gets is known to be right only afterwards.
    static func read(_ path: String, into sink: (any Sink)? = nil) throws -> BackupManifest {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            throw BackupError.system("\(path) cannot be read", errno, "check its name and its owner")
        }
        let file = FileDescriptor(owning: number)
        return try BackupReader(path).read(file, into: sink)
    }

    private func read(_ file: borrowing FileDescriptor, into sink: (any Sink)?) throws -> BackupManifest {
        var sink = sink
        var gunzip = Gunzip()
        var isFirst = true
        do {
            while case let piece = try self.piece(of: file), !piece.isEmpty {
                try Task.checkCancellation()
                self.taken += piece.count
                if isFirst, !piece.starts(with: Gzip.fastHeader) { throw BackupError.foreign(self.path) }
                isFirst = false
                try gunzip.decompress(piece) { try self.take($0, &sink) }
            }
        } catch let failure as Gunzip.Failure {
            // Until the first member is known, it may be anything.
            guard self.count > 0 else { throw BackupError.foreign(self.path) }
            let why = failure == .trailing ? "something follows its end" : "its bytes were altered"
            throw BackupError.damaged(self.path, why)
        } catch let failure as TarReader.Failure {
            guard self.count > 0 else { throw BackupError.foreign(self.path) }
            throw BackupError.damaged(self.path, failure.reason)
        }
        guard !isFirst, self.count > 0 else { throw BackupError.foreign(self.path) }
        guard gunzip.isComplete, self.reader.isComplete else { throw self.truncated }
        return try self.checked()
    }

    private var truncated: BackupError {
        .damaged(self.path, "it ends before its manifest, so it was cut off or its making was interrupted")
    }

    private func piece(of file: borrowing FileDescriptor) throws -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        while true {
            let count = Glibc.read(file.rawValue, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw BackupError.system("\(self.path) cannot be read", errno, "check the disk, or use another backup")
            }
            return Array(piece[..<count])
        }
    }

    private func take(_ bytes: [UInt8], _ sink: inout (any Sink)?) throws {
        // A copy, because its closure changes the rest of this.
        var reader = self.reader
        defer { self.reader = reader }
        try reader.take(bytes) { event in
            switch event {
            case .begins(let member): try self.begin(member, &sink)
            case .content(let bytes):
                self.digest.update(Array(bytes))
                if self.manifest == nil { try sink?.take(bytes) } else { self.manifest? += bytes }
            case .ends(let member): try self.end(member, &sink)
            }
        }
    }

    private func begin(_ member: TarReader.Member, _ sink: inout (any Sink)?) throws {
        let isReadMe = member.path == Array(BackupLayout.readMe.utf8) && member.kind == .file
        guard isReadMe || self.count > 0 else { throw BackupError.foreign(self.path) }
        self.count += 1
        let path = member.path.last == UInt8(ascii: "/") ? Array(member.path.dropLast()) : member.path
        guard BackupLayout.permits(path), member.kind != .link || BackupLayout.permitsLink(path) else {
            let shown = VisibleText.strictLine(String(decoding: path.prefix(200), as: UTF8.self))
            throw BackupError("\(self.path) was not made by Jetbridge: its member '\(shown)' may not be in a backup")
        }
        guard self.manifest == nil else { throw BackupError.damaged(self.path, "something follows its manifest") }
        self.digest = SHA256()
        if path == Array(BackupLayout.manifest.utf8) {
            // No more than the files before it need: a few kilobytes may expand to a gigabyte.
            guard member.kind == .file, self.listed <= BackupLimits().list,
                member.size <= Self.restOfManifest + 2 * self.listed
            else {
                throw BackupError.damaged(self.path, "its manifest is not one")
            }
            self.manifest = []
        } else {
            try sink?.begin(member)
        }
    }

    private func end(_ member: TarReader.Member, _ sink: inout (any Sink)?) throws {
        guard self.manifest == nil else { return }
        try sink?.end(member)
        guard member.kind == .file else { return }
        let file = BackupManifest.File(path: member.path, size: member.size, digest: hex(self.digest.finish()))
        self.files.append(file)
        self.listed += file.listedBytes
        // Equal paths compress a thousandfold, those of a backup that was made here at most a hundredfold.
        guard self.listed <= (64 << 20) + 128 * self.taken else {
            throw BackupError.damaged(self.path, "its files have far longer paths than it has bytes")
        }
    }

    private func checked() throws -> BackupManifest {
        guard let manifest = self.manifest else { throw self.truncated }
        guard let json = try? JSON.parse(manifest, valueLimit: BackupLimits.manifestValues) else {
            throw BackupError.damaged(self.path, "its manifest is not JSON")
        }
        let found = try BackupManifest(json, of: self.path)
        guard found.files != self.files else { return found }
        let wrong = zip(found.files, self.files).first { $0 != $1 }
        let name = wrong.map { VisibleText.strictLine($0.0.path) }
        throw BackupError.damaged(
            self.path, name.map { "\($0) differs from its digest" } ?? "it has other files than its manifest says")
    }
}
