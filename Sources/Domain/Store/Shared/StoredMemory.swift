package import Chat
internal import Crypto
internal import JSON
package import Logging
package import Primitives

/// An adapter's memory as a row of the store, which follows a network from host to host: only the one that has the network
/// may replace it.
package struct StoredMemory: Sendable {
    private let adapter: AdapterID
    private let store: SessionStore
    private let key: [UInt8]
    private let logger: Logger
    private let state = State()

    private final class State: Sendable {
        /// What cannot be read here must not be replaced.
        let isUnreadable = Protected(false)
        /// Under which the adapter began: one that is still ending must not write when the host has the network again.
        let hold = Protected<PlaceHold?>(nil)
    }

    /// - Parameter key: What the hosts share to seal it, since it may hold sign-ins.
    package init(of adapter: AdapterID, in store: SessionStore, sealedWith key: Secret, logger: Logger) {
        self.adapter = adapter
        self.store = store
        self.key = SealedBox.key(key, for: "adapter memory of \(adapter)")
        self.logger = logger
    }

    /// Nil without one, or if it cannot be opened.
    package func load() async -> [UInt8]? {
        let hold = self.store.held.hold(of: .network(self.adapter))
        self.state.hold.withLock { $0 = hold }
        guard let sealed = await self.sealed() else { return nil }
        let bytes = openAES256GCM(sealed, key: self.key)
        self.state.isUnreadable.withLock { $0 = bytes == nil }
        if bytes == nil {
            self.logger.error(
                "the memory of a network was sealed with another key: give all hosts the same one",
                ["adapter": .string(self.adapter.rawValue)])
        }
        return bytes
    }

    /// Whether it was stored.
    package func save(_ bytes: [UInt8]) async -> Bool {
        guard !self.state.isUnreadable.withLock({ $0 }) else { return false }
        let hold = self.state.hold.withLock { $0 } ?? self.store.held.hold(of: .network(self.adapter))
        let (adapter, sealed) = (self.adapter, sealAES256GCM(bytes, key: self.key))
        do {
            try await self.store.write(of: hold) { ledger in
                try ledger.setMemory(sealed, of: adapter, at: WallClock.now())
            }
            return true
        } catch {
            return false
        }
    }

    /// Waits for the store: an adapter that began without its memory would miss what happened since.
    private func sealed() async -> [UInt8]? {
        let adapter = self.adapter
        while !Task.isCancelled {
            do {
                return try await self.store.read { ledger in try ledger.memory(of: adapter) }
            } catch {
                self.logger.error(
                    "the memory of a network cannot be read; trying again",
                    ["adapter": .string(adapter.rawValue), "error": .string("\(error)")])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return nil
    }
}
