import Chat
import HTTP
import JSON
import Primitives

@testable import Matrix

/// A homeserver in memory: answers syncs with scripted batches and records requests.
final class ScriptedHomeserver: MatrixTransport {
    private struct State {
        var syncs: [JSON] = []
        var waiter: CheckedContinuation<JSON?, Never>?
        var requests: [MatrixRequest] = []
        var uploads: [String] = []
        var uploaded: [[UInt8]] = []
        var pieces = 0
        var events: [String: String] = [:]
        var answer: @Sendable (MatrixRequest) -> MatrixAnswer? = { _ in nil }
        var files: [String: [UInt8]] = [:]
        var clockAhead: Int?
    }

    private let state = Protected(State())

    /// Overrides answers; nil keeps the usual answer.
    func answering(_ answer: @escaping @Sendable (MatrixRequest) -> MatrixAnswer?) {
        self.state.withLock { $0.answer = answer }
    }

    var requests: [MatrixRequest] { self.state.withLock { $0.requests } }
    var uploads: [String] { self.state.withLock { $0.uploads } }
    /// The pieces of the files that it was sent in pieces.
    var uploaded: [[UInt8]] { self.state.withLock { $0.uploaded } }
    /// How many pieces of files it has sent.
    var pieces: Int { self.state.withLock { $0.pieces } }
    /// Requests that sent events into rooms.
    var sent: [MatrixRequest] { self.requests.filter { $0.purpose == .send } }

    func store(_ bytes: [UInt8], as id: String) { self.state.withLock { $0.files[id] = bytes } }

    /// Queues the answer to the next sync.
    func sync(_ json: JSON) {
        let waiter = self.state.withLock { state -> CheckedContinuation<JSON?, Never>? in
            guard let waiter = state.waiter.take() else {
                state.syncs.append(json)
                return nil
            }
            return waiter
        }
        waiter?.resume(returning: json)
    }

    func use(_ homeserver: HTTPURL) {}

    /// Sets how far the other side's clock is behind.
    func setClock(ahead seconds: Int) { self.state.withLock { $0.clockAhead = seconds } }

    func clockAhead() async -> Int? { self.state.withLock { $0.clockAhead } }

    func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer {
        let answer = self.state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
        if let answer = answer(request) { return answer }
        switch request.purpose {
        case .versions: return .success(["versions": ["v1.11"]])
        case .whoAmI: return .success(["user_id": .string(MatrixTranscript.me)])
        case .sync: return try await self.nextSync()
        case .send: return .success(["event_id": .string(self.event(for: request.path.last ?? ""))])
        default: return .success([:])
        }
    }

    /// A repeated transaction gives the same event.
    private func event(for transaction: String) -> String {
        self.state.withLock { state in
            if let id = state.events[transaction] { return id }
            let id = "$own\(state.events.count)"
            state.events[transaction] = id
            return id
        }
    }

    private func nextSync() async throws -> MatrixAnswer {
        let json = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<JSON?, Never>) in
                let ready = self.state.withLock { state -> JSON?? in
                    if Task.isCancelled { return .some(nil) }
                    if !state.syncs.isEmpty { return .some(state.syncs.removeFirst()) }
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            self.state.withLock { $0.waiter.take() }?.resume(returning: nil)
        }
        guard let json else { throw CancellationError() }
        return .success(json)
    }

    func upload(_ bytes: [UInt8], name: String, mediaType: String, token: Secret?) async throws -> MatrixAnswer {
        self.state.withLock { $0.uploads.append("\(name) \(mediaType) \(bytes.count)") }
        return .success(["content_uri": "mxc://hs/up"])
    }

    func upload(
        length: Int, mediaType: String, token: Secret?,
        pieces: @escaping @Sendable (MatrixPieceSink) async throws -> Void
    ) async throws -> MatrixAnswer {
        try await pieces { piece in self.state.withLock { $0.uploaded.append(piece) } }
        return try await self.upload([], name: "pieces of \(length)", mediaType: mediaType, token: token)
    }

    func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer? {
        guard let bytes = self.state.withLock({ $0.files[id] }) else {
            return .refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
        }
        for start in stride(from: 0, to: bytes.count, by: 1_000) {
            self.state.withLock { $0.pieces += 1 }
            try await write(Array(bytes[start..<min(start + 1_000, bytes.count)]))
        }
        return nil
    }
}
