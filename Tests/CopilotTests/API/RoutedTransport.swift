import Copilot
import HTTP
import Primitives

/// Plays answers to a client by the path that is asked; the last one of a path stays.
final class RoutedTransport: ModelTransport {
    private let transports: [String: ScriptedTransport]
    private let sent = Protected<[TransportRequest]>([])

    init(_ answers: [String: [ScriptedTransport.Answer]]) {
        self.transports = answers.mapValues { ScriptedTransport($0) }
    }

    /// Chats get `chats`, the list of models is missing.
    convenience init(chats: [ScriptedTransport.Answer]) {
        self.init(["/chat/completions": chats])
    }

    func requests(to path: String) -> [TransportRequest] {
        self.sent.withLock { $0.filter { $0.url.path.hasSuffix(path) } }
    }
    var chats: [TransportRequest] { self.requests(to: "/chat/completions") }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
        self.sent.withLock { $0.append(request) }
        let path = self.transports.keys.first { request.url.path.hasSuffix($0) }
        guard let path, let transport = self.transports[path] else {
            return try await ScriptedTransport([.refusal(500, "nothing here")]).send(request)
        }
        return try await transport.send(request)
    }
}
