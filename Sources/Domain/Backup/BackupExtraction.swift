internal import Compression
internal import Glibc
internal import JSON
internal import Lifecycle
internal import Primitives

/// Writes the members of a backup below an empty folder. Follows no link, so that nothing gets elsewhere.
final class BackupExtraction: BackupReader.Sink {
    private let root: BackupFolder
    private let file: String
    private let passphrase: Secret?
    /// Where paths in the files begin, and what they shall begin with.
    private let move: (from: String, to: String)

    /// The folder of the last member.
    private var parent: (path: [UInt8], folder: BackupFolder)?
    private var output: Int32 = -1
    private var secrets: BackupSecrets?
    private var opener: BackupSecrets.Opener?
    private var collected: [UInt8]?
    /// What is made unwritable at the end.
    private var modes: [(path: [UInt8], mode: mode_t)] = []

    /// Of files that are read as a whole: those that Jetbridge makes have some hundred bytes.
    private static let largestCollected = 64 << 10

    /// - Parameters:
    ///   - file: The backup, for messages.
    ///   - passphrase: Nil leaves the secrets out.
    init(into root: BackupFolder, of file: String, passphrase: Secret?, moving move: (from: String, to: String)) {
        self.root = root
        self.file = file
        self.passphrase = passphrase
        self.move = move
    }

    deinit { if self.output >= 0 { close(self.output) } }

    func begin(_ member: TarReader.Member) throws {
        var path = member.path.last == UInt8(ascii: "/") ? Array(member.path.dropLast()) : member.path
        self.opener = nil
        self.collected = nil
        if path == Array(BackupLayout.readMe.utf8) { return }
        if path == Array(BackupLayout.encryption.utf8) {
            guard member.size <= Self.largestCollected else {
                throw BackupError.damaged(self.file, "\(BackupLayout.encryption) is too long")
            }
            return self.collected = []
        }
        if path.starts(with: "\(BackupLayout.secrets)/".utf8) {
            guard self.passphrase != nil else { return }
            guard let secrets = self.secrets else {
                throw BackupError.damaged(self.file, "it does not say how its secrets are encrypted")
            }
            let name = Array(path.dropFirst(BackupLayout.secrets.utf8.count + 1))
            self.opener = secrets.opener(of: String(decoding: name, as: UTF8.self))
            path = Array("\(BackupLayout.data)/".utf8) + name
        }
        let (folder, name) = try self.place(of: path)
        switch member.kind {
        case .folder:
            guard BackupFolder.name(name, { mkdirat(folder.number, $0, 0o700) }) == 0 || errno == EEXIST else {
                throw self.failure(path, errno)
            }
            let mode = mode_t(member.mode & 0o777)
            if mode != 0o700 { self.modes.append((path, mode)) }
        case .link:
            let status = BackupFolder.name(name) { name in
                BackupFolder.name(member.target) { symlinkat($0, folder.number, name) }
            }
            guard status == 0 else { throw self.failure(path, errno) }
        case .file:
            self.output = folder.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            guard self.output >= 0, fchmod(self.output, mode_t(member.mode & 0o777)) == 0 else {
                throw self.failure(path, errno)
            }
            if Self.isAlternates(path), member.size <= Self.largestCollected { self.collected = [] }
        case .extended: break
        }
    }

    func take(_ bytes: ArraySlice<UInt8>) throws {
        self.collected? += bytes
        guard self.collected == nil, self.output >= 0 else { return }
        guard self.opener != nil else { return try self.write(Array(bytes)) }
        guard let opened = self.opener?.open(bytes) else { throw self.wrongPassphrase }
        try self.write(opened)
    }

    func end(_ member: TarReader.Member) throws {
        defer { self.collected = nil }
        if self.output < 0 {
            if let bytes = self.collected, let passphrase {
                guard let json = try? JSON.parse(bytes),
                    let secrets = try BackupSecrets(passphrase, parameters: json)
                else { throw BackupError("\(self.file) has secrets that only a newer release can decrypt") }
                self.secrets = secrets
            }
            return
        }
        if let opener = self.opener, !opener.isComplete { throw self.wrongPassphrase }
        if let bytes = self.collected { try self.write(self.moved(bytes)) }
        // UTIME_OMIT, a macro: the time of the last access stays.
        let times = [timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE), timespec(tv_sec: Int(member.modified), tv_nsec: 0)]
        futimens(self.output, times)
        let status = close(self.output)
        self.output = -1
        guard status == 0 else { throw self.failure(member.path, errno) }
    }

    /// Gives folders their modes, deepest first, and waits for the disk.
    func finish() throws {
        for (path, mode) in self.modes.reversed() {
            let (folder, name) = try self.place(of: path)
            if let inner = folder.folder(name) { fchmod(inner.number, mode) }
        }
        guard PrivateFile.flushDisk(of: self.root.number) else { throw self.failure([], errno) }
    }

    private var wrongPassphrase: BackupError {
        BackupError("the passphrase is not the one that the secrets of \(self.file) were encrypted with")
    }

    private func failure(_ path: [UInt8], _ code: Int32) -> BackupError {
        let name = VisibleText.strictLine(String(decoding: path.prefix(200), as: UTF8.self))
        return .system(
            "'\(name)' cannot be restored", code, "free some space, then restore again; nothing was restored")
    }

    /// The objects of a repository that a workspace shares are named by an absolute path.
    private static func isAlternates(_ path: [UInt8]) -> Bool {
        path.starts(with: "\(BackupLayout.data)/workspaces/".utf8)
            && String(decoding: path, as: UTF8.self).hasSuffix("/host/store/objects/info/alternates")
    }

    private func moved(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix(self.move.from + "/") else { return bytes }
        return Array((self.move.to + text.dropFirst(self.move.from.count)).utf8)
    }

    /// The folder of a member, made if it is missing, and the member's name in it.
    private func place(of path: [UInt8]) throws -> (BackupFolder, [UInt8]) {
        let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
        guard let name = parts.last else { throw self.failure(path, EINVAL) }
        let above = Array(path.dropLast(name.count))
        if let parent, parent.path == above { return (parent.folder, name) }
        var folder = self.root
        for part in parts.dropLast() {
            if BackupFolder.name(part, { mkdirat(folder.number, $0, 0o700) }) != 0, errno != EEXIST {
                throw self.failure(path, errno)
            }
            guard let inner = folder.folder(part) else { throw self.failure(path, errno) }
            folder = inner
        }
        self.parent = (above, folder)
        return (folder, name)
    }

    private func write(_ bytes: [UInt8]) throws {
        if let code = writeAll(bytes, to: self.output) { throw self.failure([], code) }
    }
}
