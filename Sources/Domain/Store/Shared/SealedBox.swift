package import Chat
internal import Crypto
package import Primitives

/// What all hosts of a cluster have, sealed with their key in the store.
package struct SealedBox: Sendable {
    /// What every host opens first, to know whether it has the right key.
    package static let probe = AdapterID("cluster")

    private let store: SessionStore
    private let key: [UInt8]

    package init(_ store: SessionStore, _ key: Secret) {
        self.store = store
        self.key = Self.key(key, for: "what hosts share")
    }

    /// The key for one use.
    package static func key(_ key: Secret, for use: String) -> [UInt8] {
        hkdfSHA256(Array(key.reveal().utf8), salt: [], info: Array(use.utf8), count: 32)
    }

    /// Nil without it, or if it was sealed with another key.
    package func open(_ name: String) async throws -> [UInt8]? {
        try await self.store.read { ledger in try ledger.memory(of: AdapterID(name)) }.flatMap {
            openAES256GCM($0, key: self.key)
        }
    }

    /// What is there already, else `bytes`. Nil if that was sealed with another key.
    package func share(_ bytes: [UInt8], named name: String) async throws -> [UInt8]? {
        let sealed = sealAES256GCM(bytes, key: self.key)
        let known = try await self.store.write { ledger in
            if let known = try ledger.memory(of: AdapterID(name)) { return known }
            try ledger.setMemory(sealed, of: AdapterID(name), at: WallClock.now())
            return sealed
        }
        return openAES256GCM(known, key: self.key)
    }
}
