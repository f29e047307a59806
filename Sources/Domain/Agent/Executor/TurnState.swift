internal import Primitives
internal import Work

/// What the tools of one turn know together.
final class TurnState: Sendable {
    private struct State {
        var ledger: ReadLedger
        var hasSnapshot = false
    }

    private let state: Protected<State>
    private let willChange: @Sendable (WorkspaceSnapshot) async throws -> Void

    init(_ ledger: ReadLedger, willChange: @escaping @Sendable (WorkspaceSnapshot) async throws -> Void) {
        self.state = Protected(State(ledger: ledger))
        self.willChange = willChange
    }

    var ledger: ReadLedger { self.state.withLock { $0.ledger } }

    func forgetReads() { self.state.withLock { $0.ledger.forget() } }

    func note(_ path: String, _ digest: String?) { self.state.withLock { $0.ledger.note(path, digest) } }

    /// Records the files before the turn's first change, so that `undo` can take all of its changes back.
    func prepareChange(of files: any WorkspaceFiles) async throws {
        guard !self.state.withLock({ $0.hasSnapshot }) else { return }
        try await self.willChange(try await files.snapshot("before the turn's changes"))
        self.state.withLock { $0.hasSnapshot = true }
    }
}
