import HTTP
import Primitives
import TestSupport

/// The connection between an adapter and its platform, with injected faults.
///
/// Each host has its own proxy, so that a crashed host receives nothing more. The address stays the same, because an
/// adapter's state belongs to one server.
final class FaultyLine: Sendable {
    private struct State {
        var proxy: FaultingProxy?
        /// The request stuck in a half-open connection.
        var stuck: FaultingProxy.FaultID?
    }

    private let state = Protected(State())

    /// The current host's proxy; nil before the first one.
    var proxy: FaultingProxy? { self.state.withLock { $0.proxy } }

    /// Replaces the last host's proxy with a new one in front of the platform at `url`.
    func renew(before url: HTTPURL) async throws -> FaultingProxy {
        let old = self.state.withLock { $0.proxy.take() }
        await old?.stop()
        let proxy = try await FaultingProxy.started(before: url, port: await old?.url.port ?? 0)
        self.state.withLock { $0.proxy = proxy }
        return proxy
    }

    /// Matching requests arrive but are never answered, until ``mend()``.
    func stick(_ rule: HTTPFaultRule) async {
        guard let proxy = self.proxy else { return }
        var lasting = rule
        lasting.count = nil
        let stuck = await proxy.inject(.holdAnswer, for: lasting)
        self.state.withLock { $0.stuck = stuck }
    }

    /// Whether a request is stuck due to ``stick(_:)``.
    var isStuck: Bool {
        get async {
            let (proxy, stuck) = self.state.withLock { ($0.proxy, $0.stuck) }
            guard let proxy, let stuck else { return false }
            return await proxy.count(of: stuck) > 0
        }
    }

    /// Removes all faults and ends stuck connections; returns whether there was one.
    func mend() async -> Bool {
        let (proxy, stuck) = self.state.withLock { ($0.proxy, $0.stuck.take()) }
        if stuck != nil { await proxy?.cutAll() }
        await proxy?.clear()
        return stuck != nil
    }

    /// Nothing passes any more.
    func sever() async { await self.proxy?.setAway(true) }

    func close() async { await self.state.withLock { $0.proxy.take() }?.stop() }
}
