package import Chat
internal import Lifecycle
internal import Primitives
package import Store

/// Runs a network's adapter while the host has the network, each time a new one: an adapter that has stopped does not run
/// again.
package final class NetworkService<Hook: Sendable>: Service {
    /// An adapter, and what belongs to it alone.
    package struct Network: Sendable {
        package let adapter: any ChatAdapter
        /// Takes what the platform delivers, if it uses webhooks.
        package let hook: Hook?

        package init(adapter: any ChatAdapter, hook: Hook? = nil) {
            self.adapter = adapter
            self.hook = hook
        }
    }

    private struct State {
        var network: Network
        var isWanted: Bool
        var isRunning = false
        /// The running adapter was stopped, because the host no longer has the network.
        var isEnding = false
        var isStopping = false
        /// Who waits for the adapter to end.
        var waiters: [Signal] = []
    }

    package let place: Place
    package let name: String
    private let make: @Sendable () -> Network
    private let held: HeldPlaces
    private let registry: AdapterRegistry
    private let sink: any MessageSink
    private let changed = Signal()
    private let state: Protected<State>

    /// - Parameters:
    ///   - network: What `make` has made first.
    ///   - held: Begins at once if the network is in it, and ends as soon as it is not.
    package init(
        _ network: Network, making make: @escaping @Sendable () -> Network,
        while held: HeldPlaces, registry: AdapterRegistry, sink: any MessageSink
    ) {
        self.place = .network(network.adapter.id)
        self.name = "adapter \(network.adapter.id)"
        self.make = make
        self.held = held
        self.registry = registry
        self.sink = sink
        self.state = Protected(State(network: network, isWanted: held.contains(self.place)))
        held.observe { [weak self] in self?.check() }
    }

    private func check() {
        guard !self.held.contains(self.place) else { return }
        // Whoever has noticed the loss does not wait for the adapter.
        Task { await self.end() }
    }

    package func run() async throws {
        while true {
            let (adapter, isStopping) = self.state.withLock { state -> ((any ChatAdapter)?, Bool) in
                state.isRunning = state.isWanted && !state.isStopping
                return (state.isRunning ? state.network.adapter : nil, state.isStopping)
            }
            if isStopping { return }
            guard let adapter else {
                await self.changed.wait()
                try Task.checkCancellation()
                continue
            }
            do {
                try await adapter.run(delivering: self.sink)
            } catch {
                _ = self.renew()
                throw error
            }
            if !self.renew() { return }
        }
    }

    /// The adapter has ended. Returns whether another one may follow.
    private func renew() -> Bool {
        let isOver = self.state.withLock { $0.isStopping || !$0.isEnding }
        let next = isOver ? nil : self.make()
        if let next { self.registry.replace(next.adapter) }
        let waiters = self.state.withLock { state in
            state.isRunning = false
            state.isEnding = false
            if let next { state.network = next }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.signal() }
        return next != nil
    }

    package func stop() async {
        let adapter = self.state.withLock { state in
            state.isStopping = true
            return state.network.adapter
        }
        self.changed.signal()
        await adapter.stop()
    }

    /// The host has the network now.
    package func begin() {
        self.state.withLock { $0.isWanted = true }
        self.changed.signal()
    }

    /// The host no longer has the network. Returns when the adapter has ended.
    package func end() async {
        let ended = Signal()
        let (adapter, isRunning) = self.state.withLock { state -> ((any ChatAdapter)?, Bool) in
            state.isWanted = false
            guard state.isRunning else { return (nil, false) }
            defer { state.isEnding = true }
            state.waiters.append(ended)
            return (state.isEnding ? nil : state.network.adapter, true)
        }
        await adapter?.stop()
        if isRunning { await ended.wait() }
    }

    /// The current adapter's.
    package var hook: Hook? { self.state.withLock { $0.network.hook } }
}
