internal import Audit
internal import Chat
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions
internal import Workbench
internal import Workspaces

/// Reports commits that the last run made and had no time to report: a turn's own are found by their trailer, those from
/// the jail by what the workspace remembers.
struct CommitRecovery: Sendable {
    let store: SessionStore
    let workspaces: Workspaces
    let bridge: Bridge
    let audit: any AuditRecorder
    let recorded: AuditReader
    let logger: Logger

    /// A turn that may have committed.
    private struct Work: Sendable {
        let turn: String
        /// The id in the commits' trailer.
        let work: String
        let session: String
        let actor: String
    }

    /// Call it before the bridge recovers.
    func run() async throws {
        for work in try await self.interrupted() {
            do {
                try await self.report(work)
            } catch {
                self.logger.warning(
                    "it is not known whether an interrupted turn has committed",
                    ["session": .string(work.session), "turn": .string(work.turn), "error": .string("\(error)")])
            }
        }
    }

    private func interrupted() async throws -> [Work] {
        try await self.store.read { ledger in
            let turns = try ledger.openTurns().filter { $0.state == .running && Self.mayCommit($0.kind) }
            let jobs = try ledger.runningJobs().compactMap { job in try ledger.turn(id: job.job.turn) }
            var known: Set<String> = []
            return (turns + jobs).filter { known.insert($0.id).inserted }.map {
                Work(turn: $0.id, work: $0.work, session: $0.session, actor: $0.sender.id)
            }
        }
    }

    /// Whether the files of the workspace are committed in such a turn. A turn that commits documents looks for its
    /// commits itself when it is repeated.
    private static func mayCommit(_ kind: String) -> Bool {
        guard let name = CommandName(rawValue: kind) else { return kind == "chat" }
        return [.run, .commit, .implement, .fix].contains(name)
    }

    private func report(_ work: Work) async throws {
        let made = try await self.workspaces.lastCommits(of: work.work, in: work.session)
        for commit in try await self.bridge.unknown(made, in: work.session) {
            do {
                try await self.record(commit, of: work)
            } catch {
                self.logger.error(
                    "a commit could not be recorded", ["commit": .string(commit.sha), "error": .string("\(error)")])
            }
            try await self.bridge.keep(commit, ofTurn: work.turn)
        }
    }

    private func record(_ commit: CommitNotice, of work: Work) async throws {
        let entry = AuditEntry.commit(commit, session: work.session, turn: work.turn, actor: work.actor)
        let details = entry.details.canonicalText
        guard try await !self.recorded.newest(.commit, ofTurn: work.turn).contains(where: { $0.details == details })
        else { return }
        try await self.audit.record(entry)
    }
}
