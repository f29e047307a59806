internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import Jail
internal import Logging
internal import Primitives

/// Passes requests of one jail on to the configured endpoint and adds the key, which the jail never has. Anything but
/// the endpoint's chat API is refused.
final class ModelForwarder: Sendable {
    /// On 127.0.0.1 inside.
    static let port: UInt16 = 3128

    private let upstream: HTTPURL
    private let key: Secret?
    private let client: HTTPClient

    init(to upstream: HTTPURL, key: Secret?, client: HTTPClient) {
        self.upstream = upstream
        self.key = key
        self.client = client
    }

    /// The address for the CLI.
    var inside: String { "http://127.0.0.1:\(Self.port)\(self.root)" }

    private var root: String {
        self.upstream.path.hasSuffix("/") ? String(self.upstream.path.dropLast()) : self.upstream.path
    }

    var network: JailSetup.Network {
        JailSetup.Network(port: Self.port, variables: [:]) { _, listener async throws(JailFailure) in
            var settings = HTTPServerSettings()
            settings.bodyLimit = 64 << 20
            settings.maximumConnections = 16
            settings.deadlines.drain = .zero
            // A model may think for long.
            settings.deadlines.exchange = .seconds(3600)
            let server = HTTPServer(settings, name: "model forwarder", logger: Logger(label: "copilot-cli")) {
                request in
                await self.answer(request)
            }
            do {
                try await server.start(on: listener)
            } catch {
                throw JailFailure("the jail's way to the model cannot be opened: \(error)")
            }
            return { await server.stop() }
        }
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let allowed: [(HTTPMethod, String)] = [(.post, "/chat/completions"), (.get, "/models")]
        guard
            let (method, path) = allowed.first(where: { method, path in
                request.method == method && request.target == self.root + path
            })
        else { return .text("Only the model's chat API is reachable from here.\n", .forbidden) }
        do {
            let body = try await request.body.collect()
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            headers["Accept"] = request.headers["accept"] ?? "*/*"
            if let key = self.key, !key.isEmpty { headers["Authorization"] = "Bearer \(key.reveal())" }
            var outgoing = HTTPClientRequest(
                method, self.upstream.adding(path: String(path.dropFirst())), headers: headers,
                body: method == .post ? .bytes(body) : .none
            )
            outgoing.idleTimeout = .seconds(3600)
            outgoing.totalTimeout = .seconds(3600)
            let response = try await self.client.execute(outgoing)
            var answer = HTTPServerResponse(response.status)
            for name in ["content-type", "retry-after"] { answer.headers[name] = response.headers[name] }
            let pieces = response.body
            answer.body = .stream { writer in
                for try await bytes in pieces { try await writer.write(bytes) }
            }
            return answer
        } catch {
            return .text("The model's endpoint cannot be reached.\n", .badGateway)
        }
    }
}
