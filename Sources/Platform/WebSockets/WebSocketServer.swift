internal import EventLoop
internal import HTTP
package import HTTPServer
internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Serves WebSockets on connections handed over by an ``HTTPServer``, on a separate thread.
package final class WebSocketServer: Service {
    package let name: String
    package let settings: WebSocketSettings
    private let service: WebSocketService
    private let logger: Logger
    private let count = Protected(0)
    private let stopped = WaitList()
    @Net private var isStopped = false

    package init(
        _ settings: WebSocketSettings = WebSocketSettings(), name: String = "websockets",
        logger: Logger = Logger(label: "websockets")
    ) {
        self.settings = settings
        self.name = name
        self.logger = logger
        self.service = WebSocketService(name: "ws", options: WebSocketServiceOptions(), logger: logger)
    }

    /// The number of sockets that are open or being opened.
    package var openCount: Int { self.count.withLock { $0 } }

    /// The response that upgrades a request to a WebSocket and runs `body` on it. The connection closes with 1000 when
    /// `body` returns, with 1011 when it throws. The caller must check origin and credential first.
    ///
    /// Throws ``HTTPProblem`` for an invalid handshake (426, 400) and if too many sockets are open (503).
    ///
    /// - Parameter subprotocols: Those that `body` supports; the first one that the client offers is selected.
    package func response(
        to request: HTTPServerRequest, subprotocols: [String] = [],
        body: @escaping @concurrent @Sendable (WebSocket) async throws -> Void
    ) throws(HTTPProblem) -> HTTPServerResponse {
        let handshake = try WebSocketHandshake(request.head)
        guard self.openCount < self.settings.maximumCount else {
            throw HTTPProblem(
                .serviceUnavailable, "too many WebSockets are open; try again later", headers: ["Retry-After": "30"])
        }
        let subprotocol = handshake.offeredSubprotocols.first { subprotocols.contains($0) }
        return .upgrade { handover in
            do {
                let socket = try await self.adopt(handover, handshake, subprotocol: subprotocol)
                await self.serve(socket, body)
            } catch {
                self.logger.debug("a WebSocket was not opened", ["error": .string("\(error)")])
            }
        }
    }

    private func serve(_ socket: WebSocket, _ body: @concurrent @Sendable (WebSocket) async throws -> Void) async {
        defer { self.count.withLock { $0 -= 1 } }
        do {
            try await body(socket)
            await socket.close()
        } catch is CancellationError {
            await socket.close(.goingAway)
        } catch let error as WebSocketError {
            self.logger.debug("a WebSocket ended", ["error": .string(error.message)])
        } catch {
            self.logger.error("a WebSocket's handler failed", ["error": .string(String(describing: error))])
            await socket.close(.internalError)
        }
    }

    private func adopt(
        _ handover: ConnectionHandover, _ handshake: WebSocketHandshake, subprotocol: String?
    ) async throws -> WebSocket {
        guard let descriptor = handover.take() else {
            throw WebSocketError(.closed, "the connection has already been taken over")
        }
        self.count.withLock { $0 += 1 }
        do {
            return try await self.service.adopt(
                descriptor, head: handshake.head, extra: handover.extra, subprotocol: subprotocol,
                settings: self.settings)
        } catch {
            self.count.withLock { $0 -= 1 }
            throw error
        }
    }

    // MARK: Service

    /// Runs until ``stop()``; cancellation also stops it.
    package func run() async throws {
        do {
            try await self.waitForStop()
        } catch {
            await self.stop()
            throw error
        }
    }

    /// Closes all sockets with 1001 and ends the thread.
    package func stop() async {
        await self.service.stop()
        await self.noteStopped()
    }

    @Net private func waitForStop() async throws {
        while !self.isStopped { try await self.stopped.wait() }
    }

    @Net private func noteStopped() {
        self.isStopped = true
        self.stopped.wakeAll()
    }
}
