internal import Glibc
internal import JSON
internal import Lifecycle
package import Logging
package import Objects
package import Primitives

/// Where backups are kept that are made every day, under names that order them by time.
package struct BackupShelf: Sendable {
    package enum Place: Sendable {
        case directory(String)
        /// Drafts are written into a local folder.
        case objects(any ObjectStore, drafts: String)
    }

    private let place: Place
    /// The newest that stay.
    private let keep: Int
    /// Where a backup is written before it is kept in pieces; nil for whole ones.
    private let drafts: String?

    private static let prefix = "jetbridge-"

    /// The end of the name of a backup in pieces.
    static let listSuffix = "Z.json"

    package init(_ place: Place, keep: Int, incrementalBy drafts: String? = nil) {
        self.place = place
        self.keep = keep
        self.drafts = drafts
    }

    package var name: String { self.store.name }

    private var store: any ObjectStore {
        switch self.place {
        case .directory(let path): DirectoryObjectStore(path)
        case .objects(let store, _): store
        }
    }

    /// - Parameter time: Milliseconds since 1970.
    static func name(at time: Int64) -> String {
        let text = CivilTime(milliseconds: time).rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
        return "\(self.prefix)\(text).tar.gz"
    }

    /// Milliseconds by which a name may be ahead: hosts that share the shelf may differ. A later one was made while the clock
    /// was ahead, and says nothing about when the next is due.
    private static let patience: Int64 = 3_600_000

    fileprivate static func isFuture(_ name: String, at now: Int64) -> Bool {
        name > self.name(at: now + self.patience)
    }

    /// The names that are later than `now`, see ``patience``.
    package func futureNames(at now: Int64) async throws -> [String] {
        try await self.names().filter { Self.isFuture($0, at: now) }
    }

    /// The newest name that is not later than `now`; nil without any.
    package func newestName(at now: Int64) async throws -> String? {
        try await self.names().last { !Self.isFuture($0, at: now) }
    }

    /// The names of all, oldest first.
    package func names() async throws -> [String] {
        var names: [String] = []
        for try await object in self.store.objects(below: Self.prefix)
        where ["Z.tar.gz", Self.listSuffix].contains(where: object.key.hasSuffix) {
            names.append(object.key)
        }
        return names.sorted()
    }

    /// Writes one of them into the new file `file`, and verifies it.
    package func fetch(_ name: String, to file: String) async throws -> BackupManifest {
        try await Backup().fetch(name, from: self.store, to: file)
    }

    /// When the newest was made that is not later than `now`; nil without any.
    package func newest(at now: Int64) async throws -> Int64? {
        let time = try await self.newestName(at: now)?.dropFirst(Self.prefix.utf8.count).filter(\.isNumber)
        guard let time, time.utf8.count == 14 else { return nil }
        func part(_ start: Int, _ count: Int) -> Substring { time.dropFirst(start).prefix(count) }
        return CivilTime.milliseconds(
            rfc3339: "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))Z")
    }

    /// Makes one and removes those beyond what is kept. Returns where it is.
    func add(_ source: BackupSource, passphrase: Secret?, at time: Int64) async throws -> String {
        var name = Self.name(at: time)
        let (folder, draft) =
            switch self.place {
            case .directory(let path): (self.drafts ?? path, self.drafts.map { _ in ".\(name)" })
            case .objects(_, let drafts): (drafts, ".\(name)")
            }
        try PrivateFile.makeFolder(folder)
        Self.removeDrafts(in: folder)
        let (path, store) = ("\(folder)/\(draft ?? name)", self.store)
        _ = try await Backup().create(path, of: source, passphrase: passphrase, at: time)
        if self.drafts != nil {
            defer { unlink(path) }
            name = name.replacing("Z.tar.gz", with: Self.listSuffix)
            try await Backup().keep(path, as: name, in: store)
        } else if case .objects = self.place {
            defer { unlink(path) }
            try await store.put(ObjectContent(file: path), at: name)
        }
        let names = try await self.names()
        // Those from the future are not counted: they would drive out what is made from now on.
        let old = names.filter { !Self.isFuture($0, at: time) }.dropLast(self.keep).filter { $0 != name }
        for name in old { try await store.delete(name) }
        if self.drafts != nil {
            let lists = names.filter { $0.hasSuffix(Self.listSuffix) && !old.contains($0) }
            try await Backup().sweep(keeping: lists, in: store, now: time)
        }
        return store.place(of: name)
    }

    /// What a killed host left.
    private static func removeDrafts(in path: String) {
        guard let folder = BackupFolder(path) else { return }
        for name in folder.names()
        where name.starts(with: ".\(self.prefix)".utf8) || name.starts(with: "..\(self.prefix)".utf8) {
            _ = BackupFolder.name(name) { unlinkat(folder.number, $0, 0) }
        }
    }
}

/// Makes a backup every day, and one at the start if that of the day was missed.
package final class BackupSchedule: Service {
    package let name = "backups"
    private let shelf: BackupShelf
    private let source: BackupSource
    private let passphrase: Secret?
    /// Minutes after midnight, in the machine's zone.
    private let minute: Int
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let wake = Signal()
    private let current = Protected<(isStopped: Bool, work: Task<String, any Error>?)>((false, nil))

    /// After a failure; the clock may also have been set meanwhile.
    private static let longestWait: Duration = .seconds(3_600)

    package init(
        _ shelf: BackupShelf, of source: BackupSource, passphrase: Secret?, minute: Int, logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.shelf = shelf
        self.source = source
        self.passphrase = passphrase
        self.minute = minute
        self.logger = logger
        self.now = now
    }

    package func run() async throws {
        var newest: String?
        while !self.current.withLock({ $0.isStopped }) {
            let now = self.now()
            let due = Self.lastDue(before: now, minute: self.minute)
            do {
                // What was made here is from the future, too, once the clock has been set back.
                if newest.map({ BackupShelf.isFuture($0, at: now) }) ?? true {
                    newest = try await self.shelf.newestName(at: now) ?? ""
                }
                if (newest ?? "") < BackupShelf.name(at: due) {
                    let future = try await self.shelf.futureNames(at: now)
                    if !future.isEmpty {
                        self.logger.warning(
                            "backups with a time in the future are neither counted nor deleted: the clock was wrong when they "
                                + "were made, or is now",
                            ["names": .array(future.prefix(10).map(JSON.string))])
                    }
                    let place = try await self.make(at: now)
                    newest = BackupShelf.name(at: now)
                    self.logger.info("the backup of the day is complete", ["place": .string(place)])
                    try PrivateFile.remove(self.failurePath)
                }
            } catch {
                try Task.checkCancellation()
                if self.current.withLock({ $0.isStopped }) { return }
                self.logger.error("the backup of the day failed", ["error": .string("\(error)")])
                try? PrivateFile.write(Array("\(error)\n".utf8), to: self.failurePath)
            }
            let next = due + 86_400_000 - self.now()
            await self.wake.wait(upTo: min(Self.longestWait, .milliseconds(max(next, 60_000))))
            try Task.checkCancellation()
        }
    }

    package func stop() async {
        self.current.withLock { current in
            current.isStopped = true
            current.work?.cancel()
        }
        self.wake.signal()
    }

    private var failurePath: String { "\(self.source.directory)/\(BackupLayout.failure)" }

    /// Unstructured, so that a stop can cancel it; awaited here.
    private func make(at time: Int64) async throws -> String {
        let work = Task { try await self.shelf.add(self.source, passphrase: self.passphrase, at: time) }
        let isStopped = self.current.withLock { current in
            current.work = work
            return current.isStopped
        }
        if isStopped { work.cancel() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    /// The last time of the day's backup before a time, both in milliseconds since 1970.
    static func lastDue(before time: Int64, minute: Int) -> Int64 {
        var seconds = time_t(time / 1_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        (fields.tm_hour, fields.tm_min, fields.tm_sec, fields.tm_isdst) = (
            Int32(minute / 60), Int32(minute % 60), 0, -1
        )
        var today = fields
        let due = Int64(mktime(&today)) * 1_000
        if due <= time { return due }
        fields.tm_mday -= 1
        return Int64(mktime(&fields)) * 1_000
    }

    /// Why the last scheduled backup failed; nil if it did not.
    package static func failure(in directory: String) -> String? {
        PrivateFile.text(of: "\(directory)/\(BackupLayout.failure)").map { String($0.prefix { !$0.isNewline }) }
    }
}
