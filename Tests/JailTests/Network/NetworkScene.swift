import EventLoop
import Glibc
import Primitives
import TestSupport
import Testing

@testable import Jail

/// A jail's network on a loopback listener, with a resolver that answers as the test says.
@Net
final class NetworkScene {
    /// What it resolves, in this order; the last answer repeats.
    actor Resolver: NetworkResolver {
        private var answers: [String: [[String]]]
        private(set) var questions: [String] = []
        let gate: Gate

        init(_ answers: [String: [[String]]], gate: Gate) {
            self.answers = answers
            self.gate = gate
        }

        func addresses(of name: NetworkName) async throws -> [IPAddress] {
            self.questions.append(name.text)
            await self.gate.pass()
            guard var left = self.answers[name.text] else { throw NetworkResolverError("Name or service not known") }
            let answer = left.count > 1 ? left.removeFirst() : left[0]
            self.answers[name.text] = left
            return answer.compactMap { IPAddress($0) }
        }

        func ownAddresses() -> Set<IPAddress> { [] }
    }

    let proxy: JailNetwork
    let resolver: Resolver
    let address: SocketAddress
    /// Where clients find the names that need no proxy.
    private(set) var direct: [SocketAddress] = []
    private let kept = Protected<[NetworkRequest]>([])

    var requests: [NetworkRequest] { self.kept.withLock { $0 } }
    var url: String { "http://\(self.address)" }

    private init(
        rules: [String], names: [String: [[String]]], open ports: [Int], direct: [String], limits: NetworkLimits,
        gate: Gate, decide: (@Sendable (NetworkAddress) async -> Bool)?
    ) throws {
        let listener = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
        self.address = try #require(Socket.localAddress(listener.rawValue))
        // As a jail's init makes it.
        try #require(fcntl(listener.rawValue, F_SETFL, 0) == 0)
        self.resolver = Resolver(names, gate: gate)
        let loopback = try ["127.0.0.1", "127.0.0.2"].map { try #require(IPAddress($0)) }
        let exceptions = loopback.flatMap { address in
            ports.map { AddressPolicy.Exception(address: address, port: UInt16($0)) }
        }
        var listeners: [DirectListener] = []
        for text in direct {
            let parts = text.split(separator: ":")
            let socket = try Socket.listen(on: #require(SocketAddress(host: "127.0.0.1", port: 0)))
            self.direct.append(try #require(Socket.localAddress(socket.rawValue)))
            listeners.append(DirectListener(socket, for: try #require(NetworkAddress(parts[0], parts[1]))))
        }
        let kept = self.kept
        self.proxy = JailNetwork(
            listener: listener, direct: listeners, rules: try rules.map { try NetworkRule($0) }, limits: limits,
            resolver: self.resolver,
            policy: AddressPolicy(exceptions: Set(exceptions)),
            audit: { request in kept.withLock { $0.append(request) } }, decide: decide)
        try self.proxy.start()
    }

    /// - Parameters:
    ///   - names: The answers to each name; `server.test` is 127.0.0.1.
    ///   - ports: Ports of 127.0.0.1 and 127.0.0.2 that the address policy lets through.
    ///   - direct: `NAME:PORT` that is reached without the proxy.
    static func with(
        rules: [String], names: [String: [[String]]] = [:], open ports: [Int] = [], direct: [String] = [],
        limits: NetworkLimits = NetworkLimits(), gate: Gate = Gate(isOpen: true),
        decide: (@Sendable (NetworkAddress) async -> Bool)? = nil, _ body: @Net (NetworkScene) async throws -> Void
    ) async throws {
        let scene = try NetworkScene(
            rules: rules, names: names.merging(["server.test": [["127.0.0.1"]]]) { mine, _ in mine }, open: ports,
            direct: direct, limits: limits, gate: gate, decide: decide)
        do {
            try await body(scene)
        } catch {
            await scene.proxy.end()
            throw error
        }
        await scene.proxy.end()
    }

    func connect() async throws -> RawConnection { try await RawConnection(to: self.address) }

    /// Sends a request with a client of its own, and returns everything up to the connection's end.
    func ask(_ request: String) async -> String {
        do {
            let client = try await self.connect()
            defer { client.close() }
            try await client.send(request)
            return try await client.receiveToEnd()
        } catch {
            return "\(error)"
        }
    }

    func tunnel(_ host: String) async -> String {
        await self.ask("CONNECT \(host) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    }

    func get(_ host: String, _ path: String = "/") async -> String {
        await self.ask("GET http://\(host)\(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    }
}
