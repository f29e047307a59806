import Chat
import JSON
import Primitives
import Telegram

/// An in-memory Bot API: polls wait for updates, other calls are answered at once.
final class ScriptedTransport: TelegramTransport {
    private struct State {
        var calls: [TelegramCall] = []
        var updates: [JSON] = []
        var answers: [String: [TelegramAnswer]] = [:]
        var poll: CheckedContinuation<Void, Never>?
        var waiters: [(isMet: @Sendable ([TelegramCall]) -> Bool, resume: CheckedContinuation<Void, Never>)] = []
        var nextMessage: Int64 = 100
        var renewals = 0
    }

    private let state = Protected(State())

    var calls: [TelegramCall] { self.state.withLock { $0.calls } }
    var renewals: Int { self.state.withLock { $0.renewals } }

    /// Scripts the answers to the next calls of a method.
    func answer(_ method: String, _ answers: TelegramAnswer...) {
        self.state.withLock { $0.answers[method, default: []] += answers }
    }

    func say(_ updates: JSON...) {
        self.state.withLock { state in
            state.updates += updates
            return state.poll.take()
        }?.resume()
    }

    /// Waits until the calls made so far satisfy `isMet`.
    func wait(_ isMet: @escaping @Sendable ([TelegramCall]) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.state.withLock { $0.waiters.append((isMet, continuation)) }
            self.wake()
        }
    }

    private func wake() {
        let met = self.state.withLock { state in
            let calls = state.calls
            let met = state.waiters.filter { $0.isMet(calls) }
            state.waiters.removeAll { $0.isMet(calls) }
            return met
        }
        for waiter in met { waiter.resume.resume() }
    }

    func send(_ call: TelegramCall) async throws -> TelegramAnswer {
        let scripted = self.state.withLock { state -> TelegramAnswer? in
            state.calls.append(call)
            guard var answers = state.answers[call.method], !answers.isEmpty else { return nil }
            defer { state.answers[call.method] = answers }
            return answers.removeFirst()
        }
        self.wake()
        if let scripted { return scripted }
        switch call.method {
        case "getMe": return .result(Transcript.me)
        case "getUpdates": return try await self.poll(call)
        case "sendMessage", "sendDocument":
            let id = self.state.withLock { state in
                state.nextMessage += 1
                return state.nextMessage
            }
            return .result(["message_id": .integer(id), "date": 1, "chat": ["id": call.parameters["chat_id"] ?? 0]])
        case "getFile": return .result(["file_path": "documents/a.zip"])
        case "getWebhookInfo": return .result(["url": ""])
        case "getMyCommands": return .result([])
        default: return .result(true)
        }
    }

    private func poll(_ call: TelegramCall) async throws -> TelegramAnswer {
        let offset = call.parameters["offset"]?.intValue ?? 0
        while true {
            let pending = self.state.withLock { state in
                state.updates.removeAll { ($0["update_id"]?.intValue ?? 0) < offset }
                return state.updates
            }
            if !pending.isEmpty || call.parameters["timeout"] == 0 { return .result(.array(pending)) }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = self.state.withLock { state in
                        if Task.isCancelled || !state.updates.isEmpty { return true }
                        state.poll = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                self.state.withLock { $0.poll.take() }?.resume()
            }
            try Task.checkCancellation()
        }
    }

    func fetch(_ path: String, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        for piece in ["one ", path] { try await write(Array(piece.utf8)) }
    }

    func renew() async { self.state.withLock { $0.renewals += 1 } }
}
