internal import Audit
internal import Compression
internal import Database
internal import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// Makes a data directory of a backup: everything is written into a folder inside it first, and moved out of it when it is
/// complete, the database last.
struct BackupRestore {
    let file: String
    let directory: String
    let passphrase: Secret?
    /// The last step of the schema that this release knows.
    let schema: Int

    func run() throws -> BackupManifest {
        let manifest = try BackupReader.read(self.file)
        guard manifest.schema <= self.schema else {
            throw BackupError(
                "\(self.file) was made by a newer release (\(manifest.release), schema \(manifest.schema); this one knows "
                    + "\(self.schema)): install that release, then restore it")
        }
        umask(0o077)
        let (target, staging) = try self.begin()
        do {
            let extraction = BackupExtraction(
                into: staging, of: self.file, passphrase: self.passphrase,
                moving: (manifest.directory, self.directory))
            let again = try BackupReader.read(self.file, into: extraction)
            guard again == manifest else { throw BackupError("\(self.file) changed while it was read") }
            if manifest.hasStore {
                try self.checkStore()
                // A backup of an earlier release may have some, which were used or taken back since.
                try BackupLayout.endCodes(at: self.store)
            }
            if self.passphrase == nil || !manifest.hasSecrets { try self.beginAnew(manifest) }
            try self.markKeys(in: staging)
            try extraction.finish()
        } catch {
            staging.clear()
            rmdir("\(self.directory)/\(BackupLayout.staging)")
            throw error
        }
        try self.publish(staging, in: target)
        return manifest
    }

    private var place: String { "\(self.directory)/\(BackupLayout.staging)" }
    private var store: String { "\(self.place)/\(BackupLayout.data)/\(BackupLayout.store)" }

    private func begin() throws -> (target: BackupFolder, staging: BackupFolder) {
        do {
            try PrivateFile.makeFolder(self.directory)
        } catch {
            throw BackupError(
                "\(error.message); choose a folder that you may make, or let its owner restore the backup")
        }
        guard let target = BackupFolder(self.directory) else {
            throw BackupError.system("\(self.directory) cannot be used", errno, "name a new or empty folder")
        }
        // What a file system itself has, and what a killed restore left before it had changed anything.
        let ignored = [BackupLayout.staging, "lost+found"].map { Array($0.utf8) }
        guard target.names().allSatisfy(ignored.contains) else {
            throw BackupError(
                "\(self.directory) is not empty, and nothing is overwritten: name a new folder, or move what is there "
                    + "away, with its hidden files")
        }
        mkdir(self.place, 0o700)
        guard let staging = target.folder(Array(BackupLayout.staging.utf8)) else {
            throw BackupError.system("\(self.directory) cannot be written", errno, "let its owner restore the backup")
        }
        guard flock(staging.number, LOCK_EX | LOCK_NB) == 0 else {
            throw BackupError("another restore into \(self.directory) is running")
        }
        staging.clear()
        return (target, staging)
    }

    private func checkStore() throws {
        let found = try StoreCopyFile.schema(of: self.store)
        guard found <= self.schema else {
            throw BackupError("the database in \(self.file) was written by a newer release: install that release")
        }
    }

    /// Without the secrets, the host has a new key of the audit, and browsers that were signed in are not any more.
    private func beginAnew(_ manifest: BackupManifest) throws {
        if manifest.hasStore {
            try StoreCopyFile.delete(from: "credentials", where: "kind = 'cookie'", at: self.store)
        }
        try PrivateFile.makeFolder("\(self.place)/\(BackupLayout.data)")
        try PrivateFile.write(
            Array("\(manifest.created)\n".utf8), to: "\(self.place)/\(BackupLayout.data)/\(AuditLog.restoredName)")
    }

    /// The keys of encrypted Matrix rooms may have been used after the backup. `MatrixKeyFiles` looks for the mark, and the
    /// connection begins with a new device.
    private func markKeys(in staging: BackupFolder) throws {
        for bytes in staging.folder(Array(BackupLayout.data.utf8))?.names() ?? [] {
            let name = String(decoding: bytes, as: UTF8.self)
            guard BackupLayout.treatment(of: name) == .secretDatabase else { continue }
            try PrivateFile.write([], to: "\(self.place)/\(BackupLayout.data)/\(name).restored")
        }
    }

    /// Until the last step, a host refuses the directory.
    private func publish(_ staging: BackupFolder, in target: BackupFolder) throws {
        let last = Array(BackupLayout.store.utf8)
        for (source, goal) in [(BackupLayout.repositories, "restored-repositories"), (BackupLayout.data, "")] {
            guard let folder = staging.folder(Array(source.utf8)) else { continue }
            if !goal.isEmpty { mkdirat(target.number, goal, 0o700) }
            guard let into = goal.isEmpty ? target : target.folder(Array(goal.utf8)) else { throw self.stuck(errno) }
            for name in folder.names().filter({ $0 != last }) + folder.names().filter({ $0 == last }) {
                let status = BackupFolder.name(name) { renameat(folder.number, $0, into.number, $0) }
                guard status == 0 else { throw self.stuck(errno) }
            }
        }
        staging.clear()
        guard PrivateFile.flushDisk(of: target.number), rmdir(self.place) == 0, fsync(target.number) == 0 else {
            throw self.stuck(errno)
        }
    }

    private func stuck(_ code: Int32) -> BackupError {
        .system(
            "\(self.directory) is not complete", code, "empty it, with its hidden files, then restore the backup again")
    }
}
