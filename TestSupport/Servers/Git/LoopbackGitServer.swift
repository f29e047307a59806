internal import EventLoop
internal import HTTP
internal import HTTPServer

/// A Git server on loopback with the real `git http-backend`, for tests.
///
/// ```swift
/// let server = try await LoopbackGitServer.started(root: folder)   // serves folder/OWNER/NAME.git
/// // … git clone \(server.url)/OWNER/NAME.git …
/// await server.stop()
/// ```
package final class LoopbackGitServer: Sendable {
    package let backend: GitHTTPBackend
    private let server: HTTPServer

    private init(backend: GitHTTPBackend, server: HTTPServer) {
        self.backend = backend
        self.server = server
    }

    /// Starts one for the bare repositories below `root` on `port`; 0 picks a free one.
    package static func started(
        root: String, port: UInt16 = 0, authorise: @escaping GitHTTPBackend.Authorise = { _, _, _, _ in nil }
    ) async throws -> LoopbackGitServer {
        let backend = GitHTTPBackend(root: root, authorise: authorise)
        let server = HTTPServer(
            .standIn(port: port, bodyLimit: 1 << 40), name: "git", logger: .silent,
            dispatcher: Dispatcher(backend: backend))
        try await server.start()
        return LoopbackGitServer(backend: backend, server: server)
    }

    /// `http://127.0.0.1:PORT`.
    package var url: String { self.server.loopbackURL }
    package var calls: [GitHTTPBackend.Call] { self.backend.calls }

    package func fail(_ request: GitServerRequest, _ fault: GitServerFault) { self.backend.fail(request, fault) }

    /// Ends the current answers and stops the server.
    package func stop() async {
        await self.backend.release()
        await self.server.stop()
    }

    /// Without the pool, whose threads may all wait for `git` processes that this server must answer.
    private struct Dispatcher: HTTPDispatcher {
        let backend: GitHTTPBackend

        func dispatch(_ head: RequestHead) -> HTTPDispatch {
            HTTPDispatch(.loop { try await self.backend.respond(to: $0) ?? HTTPServerResponse(.notFound) })
        }
    }
}
