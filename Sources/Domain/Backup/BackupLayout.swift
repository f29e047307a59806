internal import Database

/// The members of a backup.
enum BackupLayout {
    /// The first one: says what the file is, also to somebody without Jetbridge.
    static let readMe = "README.txt"
    /// How the secrets are encrypted.
    static let encryption = "ENCRYPTION.json"
    /// The last one.
    static let manifest = "MANIFEST.json"
    /// The data directory.
    static let data = "data"
    /// Its secrets, each encrypted.
    static let secrets = "secrets"
    /// Repositories from outside of the data directory.
    static let repositories = "repositories"

    static let store = "jetbridge.sqlite"
    /// In a data directory: a restore that has not come to its end.
    static let staging = ".restoring"
    /// In a data directory: where it says that a scheduled backup failed, and why.
    static let failure = "backup.failed"

    static let text = """
        A backup of Jetbridge, made by 'jetbridge backup create'. 'jetbridge backup verify' checks it, and
        'jetbridge backup restore FILE --data-dir DIR' makes a data directory of it; see docs/backup.md.

        data/          the data directory: database, repositories, workspaces, files
        repositories/  repositories from elsewhere
        secrets/       what is encrypted, with ENCRYPTION.json; only if it was asked for
        MANIFEST.json  the SHA-256 digests of all files, in their order

        """

    /// Takes out of a copied store the codes that let people in: whoever reads the copy could use one that is still open.
    static func endCodes(at path: String) throws {
        for table in ["codes", "link_codes"] { try StoreCopyFile.delete(from: table, where: "TRUE", at: path) }
    }

    /// ``BackupTree`` leaves out folders that are nested deeper. With names of 255 bytes, no path is longer.
    private static let mostParts = 256
    private static let longestPath = 64 << 10

    /// Whether a member may have this path: none leaves the folder that it is restored into.
    static func permits(_ path: [UInt8]) -> Bool {
        guard path.count <= self.longestPath else { return false }
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let (dot, dots) = (Array(".".utf8), Array("..".utf8))
        guard parts.count <= self.mostParts, let first = parts.first.map({ String(decoding: $0, as: UTF8.self) }),
            parts.allSatisfy({ !$0.isEmpty && Array($0) != dot && Array($0) != dots && !$0.contains(0) })
        else { return false }
        return parts.count == 1
            ? [self.readMe, self.encryption, self.manifest].contains(first)
            : [self.data, self.secrets, self.repositories].contains(first)
    }

    /// Links are part of people's work; nothing of Jetbridge's own is one.
    static func permitsLink(_ path: [UInt8]) -> Bool {
        path.starts(with: "\(self.data)/workspaces/".utf8) || path.starts(with: "\(self.repositories)/".utf8)
    }

    enum Treatment: Equatable {
        case plain
        case leftOut
        case secret
        /// A database, of which a copy is made while it is used.
        case secretDatabase
    }

    /// What becomes of an entry directly in the data directory.
    static func treatment(of name: String) -> Treatment {
        let madeAnew = [
            "host.lock", "gateway.address", "jail", "copilot-cli", "backups", "mirrors", self.staging, self.failure,
            "restart.report", "audit.head",
        ]
        if madeAnew.contains(name) || name.hasPrefix(self.store) { return .leftOut }
        if [".new", ".part", "-wal", "-shm", "-journal", ".lock", ".sock"].contains(where: name.hasSuffix) {
            return .leftOut
        }
        if name.hasPrefix("matrix-"), name.hasSuffix(".keys") { return .secretDatabase }
        let isSecret =
            ["github", "copilot", "audit.key", "audit.key.new"].contains(name)
            || [".memory", ".key", ".pem"].contains(where: name.hasSuffix)
        return isSecret ? .secret : .plain
    }
}
