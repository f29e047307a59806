import Chat
import Primitives

/// A worker whose answers are a function of the question and can pause until a test releases them.
final class ContractWorker: TurnWorker {
    enum Step: Sendable {
        case text(String)
        /// Waits for ``ContractWorker/release(_:)``.
        case hold(String)
        /// Interrupts the answer for this reason; a resumed answer begins after it.
        case cut(String)
        /// Asks for an approval; the turn fails without it.
        case approval(ApprovalRequest)

        var isCut: Bool { if case .cut = self { true } else { false } }
    }

    struct Question: Sendable {
        let session: String
        let turn: String
        let text: String
        let history: [String]
    }

    private struct Holder {
        let name: String
        let number: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var questions: [Question] = []
        var count = 0
        var holders: [Holder] = []
        /// Kept, because dropping a continuation is an error.
        var forgotten: [Holder] = []
        var lastHolder = 0
        var reached: Set<String> = []
        var released: Set<String> = []
        var running: [String: Int] = [:]
        var mostInOneSession = 0
        var waiters: [(name: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Protected(State())
    private let script: @Sendable (String) -> [Step]

    /// How many questions are kept, so that a long test does not measure their memory.
    private static let kept = 200

    init(_ script: @escaping @Sendable (String) -> [Step] = { [.text("Answer to \($0).")] }) {
        self.script = script
    }

    var questions: [Question] { self.state.withLock { $0.questions } }

    /// The messages of all questions, in order: what one person writes while an answer is awaited is one question, and a turn
    /// that had said nothing begins anew with it.
    var asked: [String] {
        let questions = self.questions
        let last = questions.indices.filter { index in
            !questions[(index + 1)...].contains { $0.turn == questions[index].turn }
        }
        return last.flatMap { questions[$0].text.split(separator: "\n\n").map(String.init) }
    }

    /// The number of questions so far.
    var count: Int { self.state.withLock { $0.count } }

    /// The largest number of turns that ran in one session at once.
    var mostInOneSession: Int { self.state.withLock { $0.mostInOneSession } }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        self.enter(request)
        defer { self.state.withLock { $0.running[request.session, default: 1] -= 1 } }
        var steps = self.script(request.text)[...]
        if request.continuing != nil, let cut = steps.lastIndex(where: \.isCut) { steps = steps[(cut + 1)...] }
        for step in steps {
            switch step {
            case .text(let text): try await thread.report(.text(text))
            case .hold(let name): try await self.hold(name)
            case .cut(let reason): return .cut(reason)
            case .approval(let request):
                guard case .approved = try await thread.approval(of: request) else {
                    throw TurnFailure("Not approved.")
                }
            }
        }
        return .complete
    }

    private func enter(_ request: TurnRequest) {
        self.state.withLock { state in
            state.count += 1
            if state.questions.count < Self.kept {
                state.questions.append(
                    Question(
                        session: request.session, turn: request.id, text: request.text,
                        history: request.history.map(\.text)))
            }
            let running = state.running[request.session, default: 0] + 1
            state.running[request.session] = running
            state.mostInOneSession = max(state.mostInOneSession, running)
        }
    }

    // MARK: Holding

    /// Releases `name`: current and later holders continue.
    func release(_ name: String) {
        let holders = self.state.withLock { state in
            state.released.insert(name)
            let holders = state.holders.filter { $0.name == name }
            state.holders.removeAll { $0.name == name }
            return holders
        }
        for holder in holders { holder.continuation.resume() }
    }

    /// Abandons the holder of `name`: its host is gone.
    func forget(_ name: String) {
        self.state.withLock { state in
            state.reached.remove(name)
            state.forgotten += state.holders.filter { $0.name == name }
            state.holders.removeAll { $0.name == name }
        }
    }

    /// Waits until a turn is held at `name`.
    func reached(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if !state.reached.contains(name) { state.waiters.append((name, continuation)) }
                return state.reached.contains(name)
            }
            if isThere { continuation.resume() }
        }
    }

    private func hold(_ name: String) async throws {
        let number = self.state.withLock { state in
            state.lastHolder += 1
            return state.lastHolder
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (mayGo, waiters) = self.state.withLock { state in
                    let mayGo = state.released.contains(name) || Task.isCancelled
                    if !mayGo {
                        state.holders.append(Holder(name: name, number: number, continuation: continuation))
                    }
                    state.reached.insert(name)
                    defer { state.waiters.removeAll { $0.name == name } }
                    return (mayGo, state.waiters.filter { $0.name == name })
                }
                for waiter in waiters { waiter.continuation.resume() }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            self.giveUp(number)
        }
        try Task.checkCancellation()
    }

    private func giveUp(_ number: Int) {
        self.state.withLock { state -> Holder? in
            guard let index = state.holders.firstIndex(where: { $0.number == number }) else { return nil }
            return state.holders.remove(at: index)
        }?.continuation.resume()
    }
}
