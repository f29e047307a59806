internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Lifecycle

/// One client in the jail: its requests, one after the other, or its only one if it has come to a name itself.
@Net
final class NetworkConnection {
    /// The port where everybody speaks TLS.
    private static let securePort: UInt16 = 443

    private let client: NetworkSocket
    private let gate: NetworkGate
    private let pace: NetworkPace
    private let limits: NetworkLimits
    private let audit: @Sendable (NetworkRequest) async -> Void
    /// The name that the client takes this for; nil if it speaks with a proxy.
    private let direct: NetworkAddress?
    private var speaksTLS = false
    private var server: NetworkSocket?
    /// Received but not yet consumed.
    private var pending: [UInt8] = []

    init(
        _ client: NetworkSocket, for direct: NetworkAddress?, gate: NetworkGate, pace: NetworkPace,
        limits: NetworkLimits, audit: @escaping @Sendable (NetworkRequest) async -> Void
    ) {
        self.client = client
        self.direct = direct
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
            if let direct = self.direct {
                try await self.serve(direct, clock)
            } else {
                while try await self.serveNext(clock) {}
            }
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
        let record = NetworkRequest(
            method: request.head.method.rawValue, host: String(request.host.prefix(253)), port: request.port,
            verdict: .allowed, reason: "")
        return try await self.serve(request.host, record, clock) { address, server, traffic in
            try await self.pass(request, to: address, on: server, traffic)
        }
    }

    /// A client that has come to a name itself. What it sends first tells whether it means that name.
    private func serve(_ address: NetworkAddress, _ clock: NetworkClock) async throws {
        let record = NetworkRequest(
            method: "TCP", host: address.name.text, port: Int(address.port), verdict: .allowed, reason: "")
        _ = try await self.serve(
            address.name.text, record, clock,
            before: {
                guard address.port == Self.securePort else { return }
                clock.start(self.limits.headTime)
                self.pending = try await self.opening(for: address)
                clock.stop()
            },
            { _, server, traffic in
                try await NetworkTunnel.run(client: self.client, server: server, traffic: traffic) {
                    // Elsewhere the server may be the one that speaks first.
                    address.port == Self.securePort ? self.pending : try await self.opening(for: address)
                }
                return false
            })
    }

    /// What the client sends first. Throws ``NetworkRefusal`` for the beginning of TLS with another name.
    private func opening(for address: NetworkAddress) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await self.client.read() {
            bytes += piece
            switch ClientHello.read(bytes) {
            case .needsMore where bytes.count <= self.limits.head: self.speaksTLS = true
            case .hello(let name):
                self.speaksTLS = true
                guard name == address.name else { throw NetworkRefusal.name(name, at: address) }
                return bytes
            case .other where !self.speaksTLS && address.port != Self.securePort: return bytes
            case .needsMore, .other: throw NetworkRefusal.noTLS(address)
            }
        }
        // A client that leaves at once, before anything is connected for it.
        if bytes.isEmpty, address.port == Self.securePort { throw NetworkSocket.Closed() }
        return bytes
    }

    /// Decides on a request, connects, and audits it however it ends.
    private func serve(
        _ host: String, _ record: NetworkRequest, _ clock: NetworkClock, before: @Net () async throws -> Void = {},
        _ pass: @Net (NetworkAddress, NetworkSocket, NetworkTraffic) async throws -> Bool
    ) async throws -> Bool {
        do {
            // What follows has its own limits, up to the connection.
            clock.stop()
            try await self.pace.admit()
            try await before()
            let (server, address, reason) = try await self.gate.open(host: host, port: record.port)
            self.server = server
            defer { server.close() }
            return try await self.pass(record.with(reason: reason), clock) { try await pass(address, server, $0) }
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

    private func pass(
        _ request: NetworkRequestParser.Request, to address: NetworkAddress, on server: NetworkSocket,
        _ traffic: NetworkTraffic
    ) async throws -> Bool {
        if case .tunnel = request.kind {
            try await self.client.write(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8))
            let early = self.pending
            self.pending = []
            try await NetworkTunnel.run(client: self.client, server: server, traffic: traffic) { early }
            return false
        }
        let forwarder = NetworkForwarder(
            request, pending: self.pending, client: self.client, server: server, traffic: traffic)
        let isReusable = try await forwarder.run(to: address)
        self.pending = forwarder.pending
        return isReusable
    }

    /// Passes on an allowed request. Never throws ``NetworkRefusal`` or `CancellationError`.
    private func pass(
        _ record: NetworkRequest, _ clock: NetworkClock, _ body: @Net (NetworkTraffic) async throws -> Bool
    ) async throws -> Bool {
        clock.start(self.limits.idleTime)
        let traffic = NetworkTraffic(clock: clock)
        do {
            let isReusable = try await body(traffic)
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
        if self.direct == nil {
            try await self.client.write(NetworkRefusal.answer(status, message, to: record.method))
        } else if self.speaksTLS {
            try await self.client.write(NetworkRefusal.alert)
        } else {
            self.abort()
        }
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
