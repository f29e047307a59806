internal import Analytics
internal import Files
internal import JSON
internal import Logging
internal import People
internal import Primitives
package import Store

/// Deletes expired data (see ``Retention``) in batches, so that the writer is free in between.
package actor Janitor {
    private let store: SessionStore
    private let retention: Retention
    private let files: (any FileStore)?
    private let deletion: SessionDeletion
    private let environment: BridgeEnvironment
    /// Turns that ended before this time have only their last frame left; kept in memory, so each start checks all
    /// turns once.
    private var trimmed: Int64 = 0
    private var round = 0
    /// The time by which data expires, in milliseconds since 1970; see ``Ledger/expiryTime(at:)``.
    private var now: Int64
    /// Milliseconds since 1970.
    private let startedAt: Int64

    /// The maximum that one transaction deletes.
    private static let batch = 200
    private static let interval: Duration = .seconds(600)
    /// In milliseconds: event streams resume within ten minutes.
    private static let changeLifetime: Int64 = 15 * 60_000
    /// In milliseconds.
    private static let webhookLifetime: Int64 = 3 * 86_400_000
    /// In milliseconds: unseen ones too.
    private static let mentionLifetime: Int64 = 30 * 86_400_000
    /// Directories are read only once in this number of rounds.
    private static let fileRounds = 36

    package init(store: SessionStore, environment: BridgeEnvironment) {
        self.store = store
        self.retention = environment.settings.retention
        self.files = environment.settings.files
        self.deletion = SessionDeletion(
            store: store, filesDirectory: environment.settings.filesDirectory, objects: environment.settings.objects)
        self.environment = environment
        self.startedAt = environment.now()
        self.now = self.startedAt
    }

    /// Runs until it is cancelled.
    package func run() async throws {
        while true {
            do {
                try await self.deleteExpired()
            } catch let error as CancellationError {
                throw error
            } catch {
                // The next round tries again.
                self.environment.logger.warning("old entries could not be deleted", ["error": .string("\(error)")])
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// One round.
    func deleteExpired() async throws {
        let (round, now) = (self.round, self.environment.now())
        self.round += 1
        // Only one host deletes rows; each has files of its own.
        let deletesRows = self.store.held.contains(.janitor)
        if deletesRows {
            self.now = try await self.store.write(of: .janitor) { ledger in
                try ledger.beginRound(at: now, isFirst: round == 0)
            }
        } else {
            self.now = try await self.store.read { ledger in try ledger.expiryTime(at: now) }
        }
        if self.now < now, round.isMultiple(of: Self.fileRounds) {
            self.environment.logger.warning(
                "the clock is far ahead of when expired data was last deleted, so nothing else expires until the host has "
                    + "run for a day: see whether the clock is right",
                [
                    "clock": .string(CivilTime(milliseconds: now).rfc3339Seconds),
                    "last": .string(CivilTime(milliseconds: self.now).rfc3339Seconds),
                ])
        }
        if deletesRows { try await self.deleteRows() }
        if round.isMultiple(of: Self.fileRounds) { try await self.deleteFiles() }
    }

    func deleteRows() async throws {
        try await self.deleteFrames()
        let now = self.now
        try await self.repeatedly { ledger in try ledger.deleteExpiredCredentials(at: now, limit: Self.batch) }
        // Streams of events resume by the clock, whatever it says.
        let changes = self.environment.now() - Self.changeLifetime
        try await self.store.write { ledger in try ledger.deleteChanges(before: changes) }
        try await self.repeatedly { ledger in
            try ledger.deleteWebhookDeliveries(before: now - Self.webhookLifetime, limit: Self.batch)
        }
        try await self.repeatedly { ledger in
            try ledger.deleteMentions(before: now - Self.mentionLifetime, limit: Self.batch)
        }
        while try await self.store.write(of: .janitor, { ledger in try ledger.sumUsage() }) {
            try Task.checkCancellation()
        }
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
        try await self.repeatedly { ledger in
            try ledger.forgetDeletions(before: now - Ledger.deletionLifetime, limit: Self.batch)
        }
        for session in try await self.store.read({ ledger in try ledger.deletedSessions(limit: .max) }) {
            try await self.deletion.purge(session)
        }
    }

    /// Deletes old files, and those of sessions that no longer exist.
    func deleteFiles() async throws {
        guard let files = self.files else { return }
        try await files.removeUploads(
            expiredAt: self.now, filesBefore: self.time(self.retention.files),
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
        lifetime.map { self.now - Int64($0 / .milliseconds(1)) }
    }

    /// Repeats a transaction, which returns how many entries it deleted, until it deletes less than a batch.
    private func repeatedly(_ delete: @escaping @Sendable (Ledger) throws -> Int) async throws {
        repeat { try Task.checkCancellation() } while try await self.store.write(of: .janitor, delete) >= Self.batch
    }
}
