internal import Compression
internal import Database
internal import Glibc
internal import JSON
package import Primitives

/// Makes, checks and restores backups. Blocking, so on a thread of its own, which gives way to the others.
package actor Backup {
    private static let thread = ThreadExecutor(name: "backup")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    package init() {}

    /// Makes the new file `file`, also while a host serves. When this returns, the file is complete, verified and on the
    /// disk; when it throws, no file was made.
    ///
    /// - Parameter passphrase: Encrypts the secrets; nil leaves them out.
    /// - Parameter at: Milliseconds since 1970.
    package func create(
        _ file: String, of source: BackupSource, passphrase: Secret?, at: Int64
    ) throws -> BackupManifest {
        try self.create(file, of: source, passphrase: passphrase, at: at, within: BackupLimits())
    }

    func create(
        _ file: String, of source: BackupSource, passphrase: Secret?, at: Int64, within limits: BackupLimits
    ) throws -> BackupManifest {
        // Of this thread only, on Linux.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        let writer = try BackupWriter(file, limits)
        do {
            let manifest = try self.write(source, to: writer, passphrase, at, limits)
            guard try BackupReader.read(writer.draft) == manifest else {
                throw BackupError("\(file) was not stored as it was written: check the disk, and try again")
            }
            try writer.publish()
            return manifest
        } catch {
            writer.discard()
            if let error = error as? DatabaseError {
                throw BackupError("the backup was not made: \(error)")
            }
            throw error
        }
    }

    private func write(
        _ source: BackupSource, to writer: BackupWriter, _ passphrase: Secret?, _ at: Int64, _ limits: BackupLimits
    ) throws -> BackupManifest {
        let seconds = Int(at / 1_000)
        let secrets = try passphrase.map { try BackupSecrets($0) }
        try writer.add(BackupLayout.readMe, Array(BackupLayout.text.utf8), modified: seconds)
        if let secrets {
            try writer.add(BackupLayout.encryption, Array("\(secrets.parameters.text)\n".utf8), modified: seconds)
        }
        let tree = BackupTree(source, to: writer, secrets: secrets, limits)
        try tree.addAll()
        let manifest = BackupManifest(
            created: CivilTime(milliseconds: at).rfc3339Seconds, release: source.release, schema: tree.schema,
            store: source.storeName, hasStore: source.store != nil, directory: source.directory,
            hasSecrets: secrets != nil,
            repositories: Dictionary(source.elsewhere.map { ($0.name, $0.path) }, uniquingKeysWith: { $1 }),
            skipped: tree.skipped, files: writer.files)
        try writer.add(BackupLayout.manifest, manifest.encoded + [0x0A], modified: seconds)
        try writer.end()
        return manifest
    }

    /// Reads all of a backup. Throws ``BackupError`` if it is not complete and unaltered.
    package func verify(_ file: String) throws -> BackupManifest { try BackupReader.read(file) }

    /// Makes a data directory of a backup; on an error, the directory is as it was.
    ///
    /// - Parameters:
    ///   - directory: Absolute; missing or empty.
    ///   - passphrase: Nil leaves secrets out.
    ///   - schema: The last step that this release knows.
    package func restore(
        _ file: String, into directory: String, passphrase: Secret?, schema: Int
    ) throws -> BackupManifest {
        try BackupRestore(file: file, directory: directory, passphrase: passphrase, schema: schema).run()
    }
}
