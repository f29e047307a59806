package import Audit
package import Chat
package import JSON

extension AuditEntry {
    /// Of what a turn does.
    package init(_ kind: Kind, of request: TurnRequest, _ details: JSON) {
        self.init(kind: kind, session: request.session, turn: request.id, actor: request.sender.id, details: details)
    }
}

extension Workbench {
    /// Records what is about to happen. Throws ``TurnFailure`` if that is impossible: then it must not happen.
    func announce(_ entry: AuditEntry) async throws {
        do {
            try await self.audit.record(entry)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw TurnFailure(WorkbenchTexts.nothingDone("\(error)"))
        }
    }

    func workspace(
        for request: TurnRequest, update: SessionPlace.Update = .possible
    ) async throws -> any WorkspaceFiles {
        guard request.role >= .member else { throw TurnFailure(WorkbenchTexts.guest) }
        return try await self.workspace(of: SessionPlace(of: request, update: update))
    }

    /// Runs a turn that works on files; a failure of the workspace becomes the turn's.
    func working(_ body: () async throws -> Void) async throws -> TurnEnding {
        do {
            try await body()
            return .complete
        } catch let failure as WorkspaceFailure {
            throw TurnFailure(failure.message)
        }
    }
}
