internal import JSON
internal import Logging

/// Deletes expired data (see ``Retention``) in batches, so that the writer is free in between.
actor Janitor {
    private let store: SessionStore
    private let retention: Retention
    private let files: (any FileStore)?
    private let deletion: SessionDeletion
    private let environment: BridgeEnvironment
    /// Turns that ended before this time have only their last frame left; kept in memory, so each start checks all
    /// turns once.
    private var trimmed: Int64 = 0
    private var round = 0
    /// Milliseconds since 1970.
    private let startedAt: Int64

    /// The maximum that one transaction deletes.
    private static let batch = 200
    private static let interval: Duration = .seconds(600)
    /// In milliseconds: event streams resume within ten minutes.
    private static let changeLifetime: Int64 = 15 * 60_000
    /// In milliseconds.
    private static let webhookLifetime: Int64 = 3 * 86_400_000
    /// Directories are read only once in this number of rounds.
    private static let fileRounds = 36

    init(store: SessionStore, environment: BridgeEnvironment) {
        self.store = store
        self.retention = environment.settings.retention
        self.files = environment.settings.files
        self.deletion = SessionDeletion(
            store: store, filesDirectory: environment.settings.filesDirectory, objects: environment.settings.objects)
        self.environment = environment
        self.startedAt = environment.now()
    }

    /// Runs until it is cancelled.
    func run() async throws {
        while true {
            do {
                // Only one host deletes rows; each has files of its own.
                if self.store.held.contains(.janitor) { try await self.deleteRows() }
                if self.round.isMultiple(of: Self.fileRounds) { try await self.deleteFiles() }
            } catch let error as CancellationError {
                throw error
            } catch {
                // The next round tries again.
                self.environment.logger.warning("old entries could not be deleted", ["error": .string("\(error)")])
            }
            self.round += 1
            try await Task.sleep(for: Self.interval)
        }
    }

    func deleteRows() async throws {
        try await self.deleteFrames()
        let now = self.environment.now()
        try await self.repeatedly { ledger in try ledger.deleteExpiredCredentials(at: now, limit: Self.batch) }
        try await self.store.write { ledger in try ledger.deleteChanges(before: now - Self.changeLifetime) }
        try await self.repeatedly { ledger in
            try ledger.deleteWebhookDeliveries(before: now - Self.webhookLifetime, limit: Self.batch)
        }
        try await self.store.write(of: .janitor) { ledger in try ledger.sumUsage() }
        if let time = self.time(self.retention.usage) {
            try await self.repeatedly { ledger in try ledger.deleteUsage(before: time, limit: Self.batch) }
        }
        if let time = self.time(self.retention.eventKeys) {
            try await self.repeatedly { ledger in try ledger.deleteEventKeys(before: time, limit: Self.batch) }
            try await self.repeatedly { ledger in try ledger.deleteGitHubRows(before: time, limit: Self.batch) }
        }
        if let time = self.time(self.retention.outbox) {
            try await self.repeatedly { ledger in try ledger.deleteFinishedOutbox(before: time, limit: Self.batch) }
        }
        try await self.deleteTranscripts()
        for session in try await self.store.read({ ledger in try ledger.deletedSessions(limit: .max) }) {
            try await self.deletion.purge(session)
        }
    }

    /// Deletes old files, and those of sessions that no longer exist.
    func deleteFiles() async throws {
        guard let files = self.files else { return }
        try await files.removeUploads(
            expiredAt: self.environment.now(), filesBefore: self.time(self.retention.files),
            draftsBefore: self.startedAt)
        let sizes = try await files.sizes()
        let measured = try await self.store.read { ledger in
            try sizes.filter { try ledger.session(id: $0.key) != nil }
        }
        if try await self.areOwn(files, known: measured.count, unknown: sizes.count - measured.count) {
            for session in sizes.keys where measured[session] == nil { try await files.remove(session) }
        }
        let held = self.store.held
        try await self.store.write { ledger in
            // Those of other hosts' threads are there.
            try ledger.setFiles(measured) { session in try ledger.place(ofSession: session).map(held.contains) ?? true }
        }
    }

    /// Whether the files are those of this database. One that does not know them may be the wrong one, or an incomplete
    /// copy, and then nothing that it does not know is to be deleted.
    private func areOwn(_ files: any FileStore, known: Int, unknown: Int) async throws -> Bool {
        let identity = "\(try await self.store.write { ledger in try ledger.identity() })"
        let owners = try await files.owners()
        if owners == [identity] { return true }
        if owners.isEmpty, known > 0 || unknown == 0 {
            try await files.claim(for: identity)
            return true
        }
        if unknown > 0 {
            self.environment.logger.warning(
                "people's files are from another database, so those of threads that this one does not know are kept: see "
                    + "whether store.url is right. If it is, delete the file files/database, where they are.",
                ["unknown_threads": .integer(Int64(unknown)), "known_threads": .integer(Int64(known))])
        }
        return false
    }

    private func deleteFrames() async throws {
        guard let time = self.time(Retention.frames) else { return }
        while true {
            try Task.checkCancellation()
            let start = self.trimmed
            let turns = try await self.store.read { ledger in
                try ledger.turnsWithPastFrames(endedFrom: start, before: time, limit: Self.batch)
            }
            if turns.isEmpty { break }
            var left = turns
            while !left.isEmpty {
                try Task.checkCancellation()
                left = try await self.store.write(of: .janitor) { [left] ledger in
                    try ledger.deletePastFrames(of: left)
                }
            }
        }
        self.trimmed = time
    }

    private func deleteTranscripts() async throws {
        guard let time = self.time(self.retention.transcripts) else { return }
        try await self.repeatedly { ledger in
            let sessions = try ledger.sessions(silentSince: time, limit: Self.batch)
            for session in sessions { try ledger.markDeleted(session) }
            return sessions.count
        }
        try await self.repeatedly { ledger in
            let turns = try ledger.turns(endedBefore: time, limit: Self.batch)
            return try ledger.delete(turns: turns) ? turns.count : Self.batch
        }
    }

    /// Data with this lifetime has expired if it is from before this time.
    private func time(_ lifetime: Duration?) -> Int64? {
        lifetime.map { self.environment.now() - Int64($0 / .milliseconds(1)) }
    }

    /// Repeats a transaction, which returns how many entries it deleted, until it deletes less than a batch.
    private func repeatedly(_ delete: @escaping @Sendable (Ledger) throws -> Int) async throws {
        repeat { try Task.checkCancellation() } while try await self.store.write(of: .janitor, delete) >= Self.batch
    }
}
