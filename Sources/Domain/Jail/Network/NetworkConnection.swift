internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Lifecycle

/// One client in the jail: its requests, one after the other.
@Net
final class NetworkConnection {
    private let client: NetworkSocket
    private let gate: NetworkGate
    private let pace: NetworkPace
    private let limits: NetworkLimits
    private let audit: @Sendable (NetworkRequest) async -> Void
    private var server: NetworkSocket?
    /// Received but not yet consumed.
    private var pending: [UInt8] = []

    init(
        _ client: NetworkSocket, gate: NetworkGate, pace: NetworkPace, limits: NetworkLimits,
        audit: @escaping @Sendable (NetworkRequest) async -> Void
    ) {
        self.client = client
        self.gate = gate
        self.pace = pace
        self.limits = limits
        self.audit = audit
    }

    /// Serves until the client, the server, a time limit or the task's cancellation ends the connection. Both sides are
    /// closed afterwards.
    func serve() async {
        let clock = NetworkClock { [weak self] in self?.abort() }
        do {
            while try await self.serveNext(clock) {}
            clock.start(self.limits.lingerTime)
            self.client.shutdownWrite()
            while try await self.client.read() != nil {}
        } catch {
            self.abort()
        }
        clock.stop()
        self.client.close()
        self.server?.close()
    }

    private func abort() {
        self.client.abort()
        self.server?.abort()
    }

    /// Returns whether another request may follow.
    private func serveNext(_ clock: NetworkClock) async throws -> Bool {
        let request: NetworkRequestParser.Request
        do {
            guard let next = try await self.readRequest(clock) else { return false }
            request = next
        } catch let problem as NetworkRequestParser.Problem {
            clock.stop()
            let message = "the request is not valid: \(problem.message)"
            let record = NetworkRequest(
                method: problem.method, host: "", port: 0, verdict: .refused, reason: message)
            return try await self.answer(record, problem.status, message, clock)
        }
        // What follows has its own limits, up to the connection.
        clock.stop()
        try await self.pace.admit()
        let record = NetworkRequest(
            method: request.head.method.rawValue, host: String(request.host.prefix(253)), port: request.port,
            verdict: .allowed, reason: "")
        do {
            let (server, address, reason) = try await self.gate.open(host: request.host, port: request.port)
            self.server = server
            defer { server.close() }
            return try await self.pass(request, to: address, on: server, record: record.with(reason: reason), clock)
        } catch let refusal as NetworkRefusal {
            let refused = record.with(reason: refusal.reason, verdict: refusal.verdict)
            return try await self.answer(refused, refusal.status, refusal.message, clock)
        } catch is CancellationError {
            await self.keep(record.with(reason: "the jail ended", verdict: .failed))
            throw CancellationError()
        }
    }

    private func readRequest(_ clock: NetworkClock) async throws -> NetworkRequestParser.Request? {
        var parser = NetworkRequestParser(headLimit: self.limits.head)
        clock.start(self.limits.idleTime)
        if self.pending.isEmpty {
            guard let bytes = try await self.client.read() else { return nil }
            self.pending = bytes
        }
        // Bytes of the head do not extend its time limit.
        clock.start(self.limits.headTime)
        while true {
            if case .request(let request, let consumed) = try parser.parse(self.pending) {
                self.pending.removeFirst(consumed)
                return request
            }
            guard let bytes = try await self.client.read() else { return nil }
            self.pending = bytes
        }
    }

    /// Forwards an allowed request, and audits it however it ends. Never throws ``NetworkRefusal`` or
    /// `CancellationError`.
    private func pass(
        _ request: NetworkRequestParser.Request, to address: NetworkAddress, on server: NetworkSocket,
        record: NetworkRequest, _ clock: NetworkClock
    ) async throws -> Bool {
        clock.start(self.limits.idleTime)
        let traffic = NetworkTraffic(clock: clock)
        do {
            let isReusable: Bool
            if case .tunnel = request.kind {
                try await self.client.write(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
                let early = self.pending
                self.pending = []
                try await NetworkTunnel.run(early: early, client: self.client, server: server, traffic: traffic)
                isReusable = false
            } else {
                let forwarder = NetworkForwarder(
                    request, pending: self.pending, client: self.client, server: server, traffic: traffic)
                isReusable = try await forwarder.run(to: address)
                self.pending = forwarder.pending
            }
            clock.stop()
            await self.keep(record.with(traffic: traffic))
            return isReusable
        } catch let refusal as NetworkRefusal {
            let failed = record.with(traffic: traffic, reason: refusal.reason, verdict: refusal.verdict)
            return try await self.answer(failed, refusal.status, refusal.message, clock)
        } catch {
            self.abort()
            await self.keep(record.with(traffic: traffic, reason: "\(record.reason); interrupted"))
            throw NetworkSocket.Closed()
        }
    }

    /// Audits first, so that no request is answered without a record. Returns false: no other request may follow.
    private func answer(
        _ record: NetworkRequest, _ status: HTTPStatus, _ message: String, _ clock: NetworkClock
    ) async throws -> Bool {
        await self.keep(record)
        clock.start(self.limits.headTime)
        try await self.client.write(NetworkRefusal.answer(status, message, to: record.method))
        return false
    }

    /// Also while the jail ends.
    private func keep(_ record: NetworkRequest) async {
        let audit = self.audit
        await withGrace(.seconds(30)) { await audit(record) }
    }
}

extension NetworkRequest {
    @Net fileprivate func with(
        traffic: NetworkTraffic? = nil, reason: String? = nil, verdict: Verdict? = nil
    ) -> NetworkRequest {
        NetworkRequest(
            method: self.method, host: self.host, port: self.port, verdict: verdict ?? self.verdict,
            reason: reason ?? self.reason, sent: traffic?.sent ?? 0, received: traffic?.received ?? 0)
    }
}
