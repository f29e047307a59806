import Audit
import Chat
import Primitives
import Work

/// A thread whose people answer in a fixed order, each question once, and an audit that keeps what it is given.
final class ScriptedApprovals: TurnThread, AuditRecorder {
    enum Answer: Sendable {
        case outcome(ApprovalOutcome)
        /// The turn is stopped while people are asked.
        case stop
    }

    struct Full: Error {}

    private struct State {
        var answers: [Answer]
        var requests: [ApprovalRequest] = []
        var entries: [AuditEntry] = []
        var isFull = false
    }

    private let state: Protected<State>

    init(_ answers: [Answer] = []) { self.state = Protected(State(answers: answers)) }

    var requests: [ApprovalRequest] { self.state.withLock { $0.requests } }
    var entries: [AuditEntry] { self.state.withLock { $0.entries } }
    func fillDisk() { self.state.withLock { $0.isFull = true } }

    func report(_ event: TurnEvent) async throws {}

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
        let answer = self.state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? .outcome(.expired) : state.answers.removeFirst()
        }
        switch answer {
        case .outcome(let outcome): return outcome
        case .stop: throw CancellationError()
        }
    }

    func record(_ entry: AuditEntry) async throws {
        try self.state.withLock { state in
            if state.isFull { throw Full() }
            state.entries.append(entry)
        }
    }
}
