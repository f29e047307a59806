internal import Delivery
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions
package import Store
internal import Turns
internal import Work

/// Places that move between hosts which share a store.
extension Host {
    /// Serves places that the cluster has given to this host, as soon as the store allows.
    func gain(_ places: Set<Place>) async {
        var left = places
        while !left.isEmpty {
            do {
                return try await self.take(left)
            } catch let lost as PlaceLost {
                left.subtract(lost.places)
            } catch {
                self.logger.error("places cannot be served yet", ["error": .string("\(error)")])
                guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return }
            }
        }
    }

    /// Serves places that another host had: recovers what it left, and begins their networks.
    package func take(_ places: Set<Place>) async throws {
        let interrupted = Protected<[CommitRecovery.Interrupted]>([])
        try await self.bridge.take(places) { new in
            let some = Places.some(new)
            let left = try await self.commits.keepKnown(in: some)
            interrupted.withLock { $0.append(left) }
            try await self.workbench.recover(in: some)
        }
        for network in self.networks where places.contains(network.place) { network.begin() }
        // Unstructured, because it may wait for servers.
        for left in interrupted.withLock({ $0 }) { Task { await self.commits.reportOthers(of: left) } }
    }

    /// Takes up what was left in a thread of the web chat, if this run does not do that with everything.
    package func take(thread id: String) async throws {
        let place = try await self.bridge.store.read { ledger in try ledger.place(ofSession: id) }
        guard let place, case .web = place else { return }
        // Nothing runs there yet. Held, it would not be recovered.
        self.bridge.store.held.drop([place])
        try await self.take([place])
    }

    /// Ends the work of places in good order, for another host to take: what runs comes to its end.
    func handOver(_ places: Set<Place>) async {
        await self.bridge.finish(places, by: .now + self.turnTimeout)
        await self.endNetworks(of: places)
        await self.bridge.drop(places)
    }

    /// Lets go of places at once: another host may have them.
    package func drop(_ places: Set<Place>) async {
        await self.bridge.drop(places)
        await self.endNetworks(of: places)
    }

    private func endNetworks(of places: Set<Place>) async {
        for network in self.networks where places.contains(network.place) { await network.end() }
    }
}
