internal import HTTP
package import Models
internal import Primitives

/// Plays answers by the path of the request; the last answer of each path repeats.
package final class RoutedTransport: ModelTransport {
    private let transports: [String: ScriptedTransport]
    private let sent = Protected<[TransportRequest]>([])

    package init(_ answers: [String: [ScriptedTransport.Answer]]) {
        self.transports = answers.mapValues { ScriptedTransport($0) }
    }

    /// Plays `chats` for chats, without a list of models.
    package convenience init(chats: [ScriptedTransport.Answer]) {
        self.init(["/chat/completions": chats])
    }

    package func requests(to path: String) -> [TransportRequest] {
        self.sent.withLock { $0.filter { $0.url.path.hasSuffix(path) } }
    }
    package var chats: [TransportRequest] { self.requests(to: "/chat/completions") }

    package func send(_ request: TransportRequest) async throws -> TransportResponse {
        self.sent.withLock { $0.append(request) }
        let path = self.transports.keys.first { request.url.path.hasSuffix($0) }
        guard let path, let transport = self.transports[path] else {
            return try await ScriptedTransport([.refusal(500, "nothing here")]).send(request)
        }
        return try await transport.send(request)
    }
}
