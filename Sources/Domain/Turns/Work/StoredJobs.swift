package import Chat
internal import Primitives
package import Sessions
package import Work

/// Keeps the workbench's jobs in the store.
package struct StoredJobs: JobLog {
    let store: SessionStore

    package init(store: SessionStore) { self.store = store }

    package func begin(_ start: JobStart) async throws -> Job {
        let now = WallClock.now()
        return try await self.store.write(ofSession: start.session) { ledger in
            try ledger.insertJob(
                session: start.session, turn: start.turn, actor: start.actor, command: start.command,
                isBackground: start.isBackground, snapshot: start.snapshot, at: now)
        }
    }

    package func end(_ job: Job, ending: String, hasChanges: Bool) async throws {
        let now = WallClock.now()
        try await self.store.write(ofSession: job.session) { ledger in
            try ledger.endJob(job.id, of: job.session, .ended, ending: ending, hasChanges: hasChanges, at: now)
        }
    }

    package func measured(_ bytes: Int64, of session: String) async throws {
        try await self.store.write(ofSession: session) { ledger in try ledger.setWorkspace(bytes, of: session) }
    }

    package func jobs(of session: String) async throws -> [Job] {
        try await self.store.read { ledger in try ledger.jobs(of: session) }
    }

    package func job(_ id: String, of session: String) async throws -> Job? {
        try await self.store.read { ledger in try ledger.job(id, of: session) }
    }

    package func isRunning(in session: String) async throws -> Bool {
        try await self.store.read { ledger in try ledger.hasRunningJob(of: session) }
    }

    package func unfinished() async throws -> [(job: Job, actor: String)] { try await self.unfinished(in: .all) }

    /// Jobs of these places that have no end, with who asked for them.
    package func unfinished(in places: Places) async throws -> [(job: Job, actor: String)] {
        try await self.store.read { ledger in try ledger.runningJobs(in: places).map { ($0.job, $0.actor) } }
    }

    package func lastChange(of session: String) async throws -> (job: Job, snapshot: String)? {
        try await self.store.read { ledger in
            guard let record = try ledger.lastChange(of: session), let snapshot = record.snapshot else { return nil }
            return (record.job, snapshot)
        }
    }

    package func markUndone(_ job: Job) async throws {
        try await self.store.write(ofSession: job.session) { ledger in
            try ledger.markUndone(job.id, of: job.session)
        }
    }

    package func forgetSnapshots(of session: String) async throws {
        try await self.store.write(ofSession: session) { ledger in try ledger.forgetSnapshots(of: session) }
    }
}
