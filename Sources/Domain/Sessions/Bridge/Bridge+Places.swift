internal import Attention
internal import Chat
internal import Delivery
internal import Etiquette
internal import People
internal import Posts
internal import Primitives
internal import Schedules
package import Store
internal import Threads

/// Places that move between hosts while they run.
extension Bridge {
    /// Serves places of which no other host stores anything from now on: recovers them and begins their work. Their
    /// adapters may run once it returns.
    ///
    /// - Parameter prepare: Recovers what does not belong to the bridge in these places, before anything is posted.
    package func take(
        _ places: Set<Place>, preparing prepare: (Set<Place>) async throws -> Void = { _ in }
    ) async throws {
        var left = places
        while !left.isEmpty {
            let (new, others) = await self.beginTaking(left)
            if !new.isEmpty { try await self.recover(new, prepare) }
            left = others
            if !left.isEmpty { try Task.checkCancellation() }
        }
    }

    private func recover(_ new: Set<Place>, _ prepare: (Set<Place>) async throws -> Void) async throws {
        // What is left of an earlier hold.
        await self.state.withLock { $0.sweep }?.value
        self.conversations.reopen(new)
        self.store.held.take(new)
        do {
            try await prepare(new)
            try await self.recover(.some(new), after: .takeover)
        } catch {
            await self.drop(new)
            throw error
        }
        self.state.withLock { $0.arrived(new) }
        self.posts.schedules.wake()
    }

    /// Those of the places that this host does not serve yet, and those that another call recovers: a second recovery would
    /// interrupt what has begun after the first. If there are only such, it waits until one of them may have ended.
    private func beginTaking(_ places: Set<Place>) async -> (new: Set<Place>, others: Set<Place>) {
        let ended = Signal()
        let (new, others) = self.state.withLock { state in
            let others = places.intersection(state.arriving)
            let new = places.subtracting(others).filter { !self.store.held.contains($0) }
            state.arriving.formUnion(new)
            state.leaving.subtract(new)
            if new.isEmpty, !others.isEmpty { state.takers.append(ended) }
            return (new, others)
        }
        if new.isEmpty, !others.isEmpty { await ended.wait() }
        return (new, others)
    }

    /// Those of these places in which nothing runs and nothing waits for it.
    package func idle(_ places: Set<Place>) async -> Set<Place> { places.subtracting(await self.conversations.busy) }

    /// Brings the work of places to an end, as when the host stops: running turns have until `deadline`, what waits is
    /// left to the next host, and what is in the outbox is sent. ``drop(_:)`` follows once their adapters have stopped.
    package func finish(_ places: Set<Place>, by deadline: ContinuousClock.Instant) async {
        self.state.withLock { $0.leaving.formUnion(places) }
        await self.conversations.close(places, by: deadline)
        await self.lanes.drain(.some(places), until: max(deadline, .now + .seconds(5)))
    }

    /// Lets go of places at once: from here on nothing of them is stored or posted. Running turns are cancelled without a
    /// trace, and their jails end.
    package func drop(_ places: Set<Place>) async {
        self.store.held.drop(places)
        await self.state.withLock { $0.sweep }?.value
        self.state.withLock { state in
            state.arrived(places)
            state.leaving.subtract(places)
        }
    }

    /// Takes up what other hosts have stored since the last call: messages for rooms of this host, changed access, asks.
    package func look() async throws {
        let (rooms, pulse) = try await self.store.read { ledger in
            try (ledger.roomsWithOutbox(), ledger.pulse())
        }
        for room in rooms where self.serves(Place(of: room)) { await self.lanes.wake(room) }
        let last = self.state.withLock { $0.pulse }
        if last?.access != pulse.access { try await self.access.reload() }
        if last?.asks != pulse.asks {
            self.askChanges.note()
            self.notices.askWasStored()
        }
        if last?.schedules != pulse.schedules { self.posts.schedules.wake() }
        self.store.writes.note()
        // Only now: what failed is looked at again.
        self.state.withLock { $0.pulse = pulse }
    }

    /// Whether this host has the place, and its recovery has ended.
    package func serves(_ place: Place) -> Bool {
        self.store.held.contains(place) && !self.state.withLock { $0.arriving.contains(place) }
    }

    /// Throws ``PlaceLost`` for an event that this host must not store.
    func checkServes(_ event: InboundEvent) throws {
        var place = Place.network(event.adapter)
        if case .message(let message) = event.kind { place = Place(of: message.thread) }
        guard self.serves(place) else { throw PlaceLost([place]) }
    }

    /// Lets go of everything in places that this host no longer has, after whatever does so already.
    func beginSweep() {
        self.state.withLock { state in
            let last = state.sweep
            // It must not wait for whoever has noticed the loss; there is one at a time.
            state.sweep = Task { [weak self] in
                await last?.value
                await self?.sweep()
            }
        }
    }

    private func sweep() async {
        await self.conversations.sweep()
        await self.lanes.sweep()
        self.questions.sweep(self.store.held)
        self.mutes.sweep(self.store.held)
        await self.hub.sweep()
        guard let desk = self.desk else { return }
        let working = await desk.sessions
        guard !working.isEmpty else { return }
        let held = self.store.held
        // Without the store, nobody knows where they belong: then this host is about to lose all places.
        let own =
            (try? await self.store.read { ledger in
                try working.filter { session in try ledger.place(ofSession: session).map(held.contains) ?? true }
            }) ?? []
        let lost = working.subtracting(own)
        if !lost.isEmpty { await desk.abandon(lost) }
    }
}
