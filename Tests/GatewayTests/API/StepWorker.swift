import Chat
import Primitives

/// A worker with scripted answers: each turn takes the next script, and a turn without one echoes its text.
final class StepWorker: TurnWorker {
    enum Step: Sendable {
        case event(TurnEvent)
        /// Waits for ``release()``.
        case hold
        /// Waits until the turn is stopped.
        case untilStopped
        case fail(String)
        case approval(ApprovalRequest)
    }

    private struct State {
        var scripts: [[Step]]
        var requests: [TurnRequest] = []
        var released = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Protected<State>

    init(_ scripts: [Step]...) {
        self.state = Protected(State(scripts: scripts))
    }

    /// All that it was asked, oldest first.
    var requests: [TurnRequest] { self.state.withLock { $0.requests } }

    func release() {
        self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty { state.released += 1 }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }?.resume()
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        let script = self.state.withLock { state in
            state.requests.append(request)
            return state.scripts.isEmpty ? [.event(.text("You said: \(request.text)"))] : state.scripts.removeFirst()
        }
        for step in script {
            switch step {
            case .event(let event): try await thread.report(event)
            case .hold: await self.hold()
            case .untilStopped: try await Task.sleep(for: .seconds(3600))
            case .fail(let message): throw TurnFailure(message)
            case .approval(let request):
                let outcome = try await thread.approval(of: request)
                try await thread.report(.text("\(outcome)"))
            }
        }
        return .complete
    }

    private func hold() async {
        await withCheckedContinuation { continuation in
            let mayGo = self.state.withLock { state -> Bool in
                if state.released > 0 {
                    state.released -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayGo { continuation.resume() }
        }
    }
}
