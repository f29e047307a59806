package import EventLoop
internal import Glibc
package import Primitives

/// A jail's only way to the network: a proxy for HTTP and CONNECT that the jail finds at ``address``.
///
/// The jail's init listens there, inside the jail's own network namespace, and passes the listening descriptor out; so
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

    private var listener: FileDescriptor?
    private let number: Int32
    private let gate: NetworkGate
    private let limits: NetworkLimits
    private let audit: @Sendable (NetworkRequest) async -> Void
    private var registration: Registration?
    private var service: Task<Void, Never>?
    /// The number of open connections.
    private(set) var connectionCount = 0
    private let changed = WaitList()

    /// - Parameters:
    ///   - listener: A listening TCP socket, which this object now owns.
    ///   - rules: `jail.network.allow`.
    ///   - resolver: Nil for the system's, on a thread that this jail starts for its first name.
    ///   - policy: Only tests pass another one than the default.
    ///   - audit: Called once for each request, when it has ended; refused requests are answered after it has returned.
    ///   - decide: Asked about an address that no rule allows; several requests for one address that wait at the same
    ///     time are one ask. The answer isn't remembered. Cancelled when the jail ends. Nil refuses them.
    package nonisolated init(
        listener: consuming FileDescriptor, rules: [NetworkRule], limits: NetworkLimits = NetworkLimits(),
        resolver: (any NetworkResolver)? = nil, policy: AddressPolicy = AddressPolicy(),
        audit: @escaping @Sendable (NetworkRequest) async -> Void,
        decide: (@Sendable (NetworkAddress) async -> Bool)? = nil
    ) {
        self.number = listener.rawValue
        self.listener = consume listener
        self.limits = limits
        self.audit = audit
        self.gate = NetworkGate(rules: rules, limits: limits, policy: policy, resolver: resolver, decide: decide)
    }

    /// Accepts connections until ``end()``, which must be called.
    package func start() throws(JailFailure) {
        guard self.service == nil else { return }
        let number = self.number
        var isListening: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening == 1 else {
            throw JailFailure("the jail's network can't start: its descriptor is not a listening socket")
        }
        // It was made in the jail, where it may block.
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0, fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else {
            throw JailFailure("the jail's network can't start: error \(errno) of fcntl")
        }
        do {
            let changed = self.changed
            self.registration = try EventLoop.shared.watch(number, .readable) { _ in changed.wakeAll() }
        } catch {
            throw JailFailure("the jail's network can't start: \(error)")
        }
        // Unstructured: it lives as long as the jail, and `end()` awaits it.
        self.service = Task { await self.serve() }
    }

    /// Closes every connection on both sides. Returns when all requests have been audited.
    package func end() async {
        self.service?.cancel()
        self.gate.close()
        await self.service?.value
        self.registration?.cancel()
        self.registration = nil
        self.listener = nil
    }

    private func serve() async {
        let pace = NetworkPace(self.limits)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do {
                    let client = try await self.accept()
                    let connection = NetworkConnection(
                        client, gate: self.gate, pace: pace, limits: self.limits, audit: self.audit)
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

    private func accept() async throws -> NetworkSocket {
        while true {
            try Task.checkCancellation()
            if self.connectionCount < self.limits.connections {
                if let client = try Socket.accept(on: self.number) { return try NetworkSocket(client) }
                self.registration?.modify(.readable)
            } else {
                // Otherwise a waiting client would wake the loop again and again.
                self.registration?.modify([])
            }
            try await self.changed.wait()
        }
    }
}
