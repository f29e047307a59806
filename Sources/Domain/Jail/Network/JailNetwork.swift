package import EventLoop
internal import Glibc
package import Primitives

/// A jail's only way to the network: a proxy for HTTP and CONNECT that the jail finds at ``address``, and the same behind
/// the names of ``DirectAddresses``.
///
/// The jail's init listens for the proxy, inside the jail's own network namespace, and passes the listening descriptor out; so
/// every connection that is accepted on it comes from this jail. Each request is decided by name and port, resolved
/// once, connected to what was resolved, and audited. Redirects are the client's business: each is a new request.
@Net
package final class JailNetwork {
    /// Where the jail's init listens.
    package nonisolated static let port: UInt16 = 3128
    package nonisolated static let address = "127.0.0.1:\(JailNetwork.port)"

    /// Environment variables that point the jail's programs here. Servers inside the jail are reached without the
    /// proxy.
    package nonisolated static let environment: [String: String] = {
        let proxy = "http://\(JailNetwork.address)"
        let direct = "localhost,127.0.0.1,::1"
        return [
            "http_proxy": proxy, "https_proxy": proxy, "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy,
            "no_proxy": direct, "NO_PROXY": direct, "NODE_USE_ENV_PROXY": "1",
        ]
    }()

    private let doors: [NetworkDoor]
    private let gate: NetworkGate
    private let limits: NetworkLimits
    private let audit: @Sendable (NetworkRequest) async -> Void
    private var service: Task<Void, Never>?
    /// The number of open connections.
    private(set) var connectionCount = 0
    private let changed = WaitList()

    /// - Parameters:
    ///   - listener: A listening TCP socket, which this object now owns.
    ///   - direct: Those at which names are reached without the proxy.
    ///   - rules: `jail.network.allow`.
    ///   - resolver: Nil for the system's, on a thread that this jail starts for its first name.
    ///   - policy: Only tests pass another one than the default.
    ///   - audit: Called once for each request, when it has ended; refused requests are answered after it has returned.
    ///   - decide: Asked about an address that no rule allows; several requests for one address that wait at the same
    ///     time are one ask. The answer isn't remembered. Cancelled when the jail ends. Nil refuses them.
    package nonisolated init(
        listener: consuming FileDescriptor, direct: [DirectListener] = [], rules: [NetworkRule],
        limits: NetworkLimits = NetworkLimits(),
        resolver: (any NetworkResolver)? = nil, policy: AddressPolicy = AddressPolicy(),
        audit: @escaping @Sendable (NetworkRequest) async -> Void,
        decide: (@Sendable (NetworkAddress) async -> Bool)? = nil
    ) {
        self.doors = [NetworkDoor(listener)] + direct.map { NetworkDoor($0) }
        self.limits = limits
        self.audit = audit
        self.gate = NetworkGate(rules: rules, limits: limits, policy: policy, resolver: resolver, decide: decide)
    }

    /// Accepts connections until ``end()``, which must be called.
    package func start() throws(JailFailure) {
        guard self.service == nil else { return }
        do throws(JailFailure) {
            for door in self.doors { try door.open(self.changed) }
        } catch {
            for door in self.doors { door.close() }
            throw error
        }
        // Unstructured: it lives as long as the jail, and `end()` awaits it.
        self.service = Task { await self.serve() }
    }

    /// Closes every connection on both sides. Returns when all requests have been audited.
    package func end() async {
        self.service?.cancel()
        self.gate.close()
        await self.service?.value
        for door in self.doors { door.close() }
    }

    private func serve() async {
        let pace = NetworkPace(self.limits)
        await withDiscardingTaskGroup { group in
            for door in self.doors { group.addTask { await self.serve(door, pace) } }
        }
    }

    private func serve(_ door: NetworkDoor, _ pace: NetworkPace) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do {
                    let client = try await self.accept(at: door)
                    let connection = NetworkConnection(
                        client, for: door.target, gate: self.gate, pace: pace, limits: self.limits, audit: self.audit)
                    self.connectionCount += 1
                    group.addTask {
                        await connection.serve()
                        await self.ended()
                    }
                } catch is CancellationError {
                    break
                } catch {
                    // No descriptors are left (EMFILE, ENFILE); clients wait.
                    try? await EventLoop.shared.sleep(for: .milliseconds(200))
                }
            }
        }
    }

    private func ended() {
        self.connectionCount -= 1
        self.changed.wakeAll()
    }

    private func accept(at door: NetworkDoor) async throws -> NetworkSocket {
        while true {
            try Task.checkCancellation()
            if let client = try door.accept(isFull: self.connectionCount >= self.limits.connections) { return client }
            try await self.changed.wait()
        }
    }
}
