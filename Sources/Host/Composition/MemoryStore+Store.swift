internal import Chat
internal import Crypto
internal import JSON
internal import Kit
internal import Logging
internal import Primitives
internal import Sessions

extension MemoryStore {
    /// A row of the store, which follows a network from host to host: only the one that has the network may replace it.
    ///
    /// - Parameter key: What the hosts share to seal it, since it may hold sign-ins.
    static func row(
        of adapter: AdapterID, in store: SessionStore, sealedWith key: Secret, logger: Logger
    ) -> MemoryStore {
        let key = hkdfSHA256(
            Array(key.reveal().utf8), salt: [], info: Array("adapter memory of \(adapter)".utf8), count: 32)
        // What cannot be read here must not be replaced.
        let isUnreadable = Protected(false)
        return MemoryStore(
            load: {
                guard let sealed = await Self.sealed(of: adapter, in: store, logger) else { return nil }
                let bytes = openAES256GCM(sealed, key: key)
                isUnreadable.withLock { $0 = bytes == nil }
                if bytes == nil {
                    logger.error(
                        "the memory of a network was sealed with another key: give all hosts the same one",
                        ["adapter": .string(adapter.rawValue)])
                }
                return bytes
            },
            save: { bytes in
                guard !isUnreadable.withLock({ $0 }) else { return false }
                let sealed = sealAES256GCM(bytes, key: key)
                do {
                    try await store.write(of: .network(adapter)) { ledger in
                        try ledger.setMemory(sealed, of: adapter, at: WallClock.now())
                    }
                    return true
                } catch {
                    return false
                }
            })
    }

    /// Waits for the store: an adapter that began without its memory would miss what happened since.
    private static func sealed(of adapter: AdapterID, in store: SessionStore, _ logger: Logger) async -> [UInt8]? {
        while !Task.isCancelled {
            do {
                return try await store.read { ledger in try ledger.memory(of: adapter) }
            } catch {
                logger.error(
                    "the memory of a network cannot be read; trying again",
                    ["adapter": .string(adapter.rawValue), "error": .string("\(error)")])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return nil
    }
}
