internal import Files
package import Objects
internal import Primitives
package import Store

/// Deletes whole sessions: transcript, frames, outbox entries and received files. Commits and documents stay in Git; each
/// host removes the workspace that it has.
///
/// The first transaction hides the session; its data follows in batches, so that the writer is not blocked. After a
/// crash in between, ``Janitor`` deletes the rest. Safe while a host runs, because each of its transactions looks up
/// the thread's session again. The keys of handled events stay until they age out, without text: a network's repeat of
/// an event must not be answered again.
package struct SessionDeletion: Sendable {
    package enum Outcome: Sendable, Equatable {
        case deleted
        case unknown
        /// A turn runs or waits, or a job runs.
        case busy
    }

    /// Turns deleted per transaction.
    private static let batch = 100

    private let store: SessionStore
    private let files: (any FileStore)?
    private let objects: (any ObjectStore)?

    /// - Parameters:
    ///   - filesDirectory: where received files are kept, see ``BridgeSettings/filesDirectory``.
    ///   - objects: where they and snapshots of workspaces are kept for all hosts.
    package init(store: SessionStore, filesDirectory: String?, objects: (any ObjectStore)? = nil) {
        self.store = store
        self.objects = objects
        self.files = filesDirectory.map { FileStores.make(directory: $0, objects: objects) }
    }

    package func delete(_ session: String) async throws -> Outcome {
        // Once it is marked as deleted, its thread is no place any more.
        let place = try await self.store.read { ledger in try ledger.place(ofSession: session) }
        let outcome = try await self.store.write(ofSession: session) { ledger -> Outcome in
            guard try ledger.session(id: session) != nil else { return .unknown }
            guard try ledger.openTurns(of: session).isEmpty, try !ledger.hasRunningJob(of: session) else {
                return .busy
            }
            try ledger.markDeleted(session)
            try ledger.noteDeletion(of: session, at: WallClock.now())
            return .deleted
        }
        guard outcome == .deleted, let place else { return outcome }
        do {
            try await self.purge(session) { try await self.store.write(beside: place, $0) }
        } catch  where error is ObjectStoreError || error is PlaceLost || error is FileFailure {
            // The janitor tries again.
        }
        return outcome
    }

    /// Deletes the data of a session that is marked as deleted, also one of another host.
    func purge(_ session: String) async throws {
        try await self.purge(session) { try await self.store.write(of: .janitor, $0) }
    }

    private func purge(
        _ session: String, _ write: (@escaping @Sendable (Ledger) throws -> Bool) async throws -> Bool
    ) async throws {
        try await self.files?.remove(session)
        try await self.objects?.deleteAll(below: "workspaces/\(session)/")
        while try await !write({ ledger in try ledger.purge(session, limit: Self.batch) }) {}
    }
}
