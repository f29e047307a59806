package import Backup
internal import Database
internal import JSON
internal import Lifecycle
internal import Logging
internal import Objects
package import Primitives
internal import Store

extension Configuration {
    /// A backup every day.
    package struct Backups: Sendable, Equatable {
        /// Minutes after midnight.
        package var minute: Int
        /// The newest that stay.
        package var keep: Int
        package var to: ObjectPlace
        /// Encrypts the secrets; nil leaves them out.
        package var passphrase: Secret?
        /// Whether each adds only what has changed since the one before.
        package var isIncremental = false

        static func read(_ section: Section) -> Backups? {
            let minute = section.read("at", default: 180, shown: .string("03:00"), Self.minute)
            let keep = section.read("keep", default: 14) { $0.integer(in: 1...10_000) }
            let to = section.required("to") { value in
                value.isMapping ? ObjectPlace.read(value) : value.filePath().map(ObjectPlace.directory)
            }
            let passphrase = section.optional("passphrase") { $0.secret() }
            let isIncremental = section.read("incremental", default: false) { $0.bool() }
            return to.map {
                Backups(minute: minute, keep: keep, to: $0, passphrase: passphrase, isIncremental: isIncremental)
            }
        }

        private static func minute(_ value: Value) -> Int? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], 0..<24 ~= hour, 0..<60 ~= minute,
                text.utf8.count == 5
            else { return value.error("'\(text)' is not a time of the day; write hours and minutes, as \"03:00\"") }
            return hour * 60 + minute
        }
    }

    /// What a backup of this host has.
    package var backupSource: BackupSource {
        var remarks: [String] = []
        let path: String? = if case .file(let path) = self.store { path } else { nil }
        if path == nil {
            remarks.append("The database \(self.store.name) is not in it: make its pg_dump before each backup.")
        }
        if let objects = self.sharedObjects {
            remarks.append("What hosts share in \(objects.name) is not in it, and needs a backup of its own.")
        }
        let schema: (@Sendable () throws -> Int)? =
            path == nil
            ? { @Sendable [store = self.store] in
                try Stores.missing(in: store).first?.before ?? StoreSchema.migrations.version
            } : nil
        return BackupSource(
            directory: self.dataDirectory, store: path, storeName: self.store.name,
            repositories: self.repositories.compactMap { repository in
                guard case .local(let path) = repository.place else { return nil }
                return BackupSource.Repository(name: repository.name, path: path)
            }, remarks: remarks, release: Release.version, schema: schema)
    }

    /// Nil if no backups are made.
    var backupSchedule: (any Service)? {
        self.backups.flatMap { backups in
            self.backupShelf.map {
                BackupSchedule(
                    $0, of: self.backupSource, passphrase: backups.passphrase, minute: backups.minute,
                    logger: Logger(label: "backups"), now: WallClock.now)
            }
        }
    }

    /// Logs what a copied data directory lacks.
    func reportMissingData(_ store: Database, _ logger: Logger) async throws {
        let lines = try await MissingData.lines(
            in: self.backupSource, objectsAreShared: self.objects != nil, store)
        for line in lines { logger.warning("\(line)") }
    }

    /// Nil if no backups are made.
    package var backupShelf: BackupShelf? {
        self.backups.map { backups in
            let drafts = "\(self.dataDirectory)/backups"
            let place: BackupShelf.Place =
                switch backups.to {
                case .directory(let path): .directory(path)
                case .s3: .objects(Self.store(backups.to, "backups.to.s3"), drafts: drafts)
                }
            return BackupShelf(place, keep: backups.keep, incrementalBy: backups.isIncremental ? drafts : nil)
        }
    }
}
