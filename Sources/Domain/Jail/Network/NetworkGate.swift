internal import EventLoop
internal import HTTP
internal import Primitives

/// Decides on a request and opens the connection: the only place where a jail gets one.
@Net
final class NetworkGate {
    private let rules: [NetworkRule]
    private let limits: NetworkLimits
    private let policy: AddressPolicy
    private let decide: (@Sendable (NetworkAddress) async -> Bool)?
    private var resolver: (any NetworkResolver)?
    private var asks: [NetworkAddress: Task<Bool, Never>] = [:]
    private var lookups = 0
    private var isClosed = false

    nonisolated init(
        rules: [NetworkRule], limits: NetworkLimits, policy: AddressPolicy, resolver: (any NetworkResolver)?,
        decide: (@Sendable (NetworkAddress) async -> Bool)?
    ) {
        self.rules = rules
        self.limits = limits
        self.policy = policy
        self.resolver = resolver
        self.decide = decide
    }

    /// Cancels pending asks, and rejects new ones.
    func close() {
        self.isClosed = true
        for ask in self.asks.values { ask.cancel() }
        self.asks = [:]
    }

    /// Throws ``NetworkRefusal``, or `CancellationError` when the jail ends.
    func open(
        host: String, port: Int
    ) async throws -> (server: NetworkSocket, address: NetworkAddress, reason: String) {
        guard let address = NetworkAddress(host, "\(port)") else { throw NetworkRefusal.syntax(host, port) }
        // No approval can open this address, so nobody is asked.
        if let literal = address.name.address,
            let why = self.policy.refusal(of: literal, port: address.port, own: [])
        {
            throw NetworkRefusal.policy(address.name, literal, why)
        }
        let reason = try await self.permission(for: address)
        // Resolved once: the connection goes to the checked addresses, whatever a later look-up returns.
        let resolved = try await self.addresses(of: address.name)
        let own = try await self.ownAddresses()
        for each in resolved {
            if let why = self.policy.refusal(of: each, port: address.port, own: own) {
                throw NetworkRefusal.policy(address.name, each, why)
            }
        }
        return (try await self.connect(to: resolved, for: address), address, reason)
    }

    /// Why the address is allowed.
    private func permission(for address: NetworkAddress) async throws -> String {
        if let rule = self.rules.first(where: { $0.allows(address) }) { return "rule \(rule)" }
        guard let decide = self.decide else { throw NetworkRefusal.rule(address) }
        let ask = try self.ask(for: address, decide)
        guard try await abandonable(after: nil, { await ask.value }) == true else {
            throw NetworkRefusal.denied(address)
        }
        return "approved"
    }

    /// One ask serves all concurrent requests for an address: package managers open several connections at once. Its
    /// task is unstructured, because it belongs to no single one of them; ``close()`` cancels it.
    private func ask(
        for address: NetworkAddress, _ decide: @escaping @Sendable (NetworkAddress) async -> Bool
    ) throws -> Task<Bool, Never> {
        guard !self.isClosed else { throw CancellationError() }
        if let ask = self.asks[address] { return ask }
        let ask = Task {
            let isApproved = await decide(address)
            self.asks[address] = nil
            return isApproved
        }
        self.asks[address] = ask
        return ask
    }

    private func addresses(of name: NetworkName) async throws -> [IPAddress] {
        if let address = name.address { return [address] }
        let found = try await self.lookUp { resolver in try await resolver.addresses(of: name) }
        switch found {
        case .success(let addresses) where !addresses.isEmpty: return addresses
        case .success: throw NetworkRefusal.failure("\(name) has no address")
        case .failure(let error): throw NetworkRefusal.failure("\(name) can't be resolved: \(error.reason)")
        }
    }

    private func ownAddresses() async throws -> Set<IPAddress> {
        switch try await self.lookUp({ resolver in try await resolver.ownAddresses() }) {
        case .success(let addresses): return addresses
        case .failure(let error): throw NetworkRefusal.failure(error.reason)
        }
    }

    private func lookUp<Value: Sendable>(
        _ body: @escaping @Sendable (any NetworkResolver) async throws -> Value
    ) async throws -> Result<Value, NetworkResolverError> {
        // Abandoned lookups still occupy the resolver.
        guard self.lookups < 2 * self.limits.connections else {
            throw NetworkRefusal.failure("too many names are being resolved; try again later", status: 503)
        }
        let resolver = self.resolver ?? SystemResolver()
        self.resolver = resolver
        self.lookups += 1
        let result = try await abandonable(after: self.limits.resolveTime) {
            () -> Result<Value, NetworkResolverError> in
            let result: Result<Value, NetworkResolverError>
            do {
                result = .success(try await body(resolver))
            } catch {
                result = .failure(error as? NetworkResolverError ?? NetworkResolverError("\(error)"))
            }
            await self.endLookUp()
            return result
        }
        guard let result else { throw NetworkRefusal.failure("the resolver did not answer in time", status: 504) }
        return result
    }

    private func endLookUp() { self.lookups -= 1 }

    private func connect(to resolved: [IPAddress], for address: NetworkAddress) async throws -> NetworkSocket {
        var failure = "no address"
        for each in resolved.prefix(self.limits.addresses) {
            guard let socket = SocketAddress(host: "\(each)", port: address.port) else { continue }
            do {
                let connected = try await withDeadline(self.limits.connectTime) {
                    try await NetworkSocket(Socket.connected(to: socket))
                }
                if let connected { return connected }
                try Task.checkCancellation()
                failure = "no answer in time"
            } catch let error as SystemError {
                failure = error.reason
            }
        }
        throw NetworkRefusal.failure("can't connect to \(address): \(failure)")
    }
}

extension SystemError {
    /// The system's reason without the call and its address.
    fileprivate var reason: String {
        self.message.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? self.message
    }
}

/// The result of work that doesn't react to cancellation; nil after `limit`. Throws `CancellationError` at once when
/// the calling task is cancelled.
///
/// The work's task is unstructured, so that it can be left behind: `getaddrinfo` takes as long as it likes.
@Net
func abandonable<Value: Sendable>(
    after limit: Duration?, _ work: @escaping @Sendable () async -> Value
) async throws -> Value? {
    let (results, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingOldest(1))
    let task = Task {
        continuation.yield(await work())
        continuation.finish()
    }
    let timer = limit.map { EventLoop.shared.schedule(after: $0) { continuation.finish() } }
    defer {
        timer?.cancel()
        task.cancel()
    }
    for await result in results { return result }
    try Task.checkCancellation()
    return nil
}
