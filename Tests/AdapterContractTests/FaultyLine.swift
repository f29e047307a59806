import HTTP
import JetbridgeTesting
import Primitives

/// The way between an adapter and its platform, on which things go wrong.
///
/// Each host has a proxy of its own, so that one which crashed never hears of anything again. The address stays, since
/// what an adapter remembers is of one server.
final class FaultyLine: Sendable {
    private struct State {
        var proxy: FaultingProxy?
        /// What hangs in a half-open connection.
        var stuck: FaultingProxy.FaultID?
    }

    private let state = Protected(State())

    /// The present host's proxy; nil before there is one.
    var proxy: FaultingProxy? { self.state.withLock { $0.proxy } }

    /// Ends the last host's proxy and begins another one in its place, before the platform at `url`.
    func renew(before url: HTTPURL) async throws -> FaultingProxy {
        let old = self.state.withLock { $0.proxy.take() }
        await old?.stop()
        let proxy = try await FaultingProxy.started(before: url, port: await old?.url.port ?? 0)
        self.state.withLock { $0.proxy = proxy }
        return proxy
    }

    /// What fits arrives and is never answered, until ``mend()``.
    func stick(_ rule: HTTPFaultRule) async {
        guard let proxy = self.proxy else { return }
        var lasting = rule
        lasting.count = nil
        let stuck = await proxy.inject(.holdAnswer, for: lasting)
        self.state.withLock { $0.stuck = stuck }
    }

    /// Whether something hangs by ``stick(_:)``.
    var isStuck: Bool {
        get async {
            let (proxy, stuck) = self.state.withLock { ($0.proxy, $0.stuck) }
            guard let proxy, let stuck else { return false }
            return await proxy.count(of: stuck) > 0
        }
    }

    /// Takes all faults away. A connection in which something hung ends; returns whether there was one.
    func mend() async -> Bool {
        let (proxy, stuck) = self.state.withLock { ($0.proxy, $0.stuck.take()) }
        if stuck != nil { await proxy?.cutAll() }
        await proxy?.clear()
        return stuck != nil
    }

    /// Nothing goes this way any more.
    func sever() async { await self.proxy?.setAway(true) }

    func close() async { await self.state.withLock { $0.proxy.take() }?.stop() }
}
