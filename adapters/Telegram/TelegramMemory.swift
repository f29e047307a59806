internal import Crypto
package import JSON
internal import Lifecycle

/// What has to outlive the process.
package struct TelegramMemory: Sendable, Equatable {
    /// Signs what buttons carry, so that those from before a restart still work.
    package var key: [UInt8]
    /// The commands that were registered last, as a digest.
    package var commands = ""
    /// Groups that became supergroups, by their old id.
    package var migrations: [Int64: Int64] = [:]
    /// Updates with parts of albums that are not complete: Telegram was told that they are stored.
    package var albums: [JSON] = []

    /// More groups than one host has; the rest is asked from Telegram again.
    private static let migrationLimit = 1_000

    package init(key: [UInt8]) {
        self.key = key
    }

    /// Reads what ``bytes`` wrote. Without a usable key it makes one.
    package init(bytes: [UInt8]?) {
        let json = bytes.flatMap { try? JSON.parse($0) }
        let key = json?["key"]?.stringValue.flatMap(decodeHex) ?? []
        self.key = key.count == 32 ? key : randomBytes(32)
        self.commands = json?["commands"]?.stringValue ?? ""
        self.albums = json?["albums"]?.arrayValue ?? []
        for (old, new) in json?["migrations"]?.objectValue ?? [:] {
            if let old = Int64(old), let new = new.intValue { self.migrations[old] = Int64(new) }
        }
    }

    package var bytes: [UInt8] {
        let migrations = self.migrations.sorted { $0.key < $1.key }.suffix(Self.migrationLimit)
        let json: JSON = [
            "key": .string(hex(self.key)), "commands": .string(self.commands),
            "migrations": .object(JSONObject(members: migrations.map { ("\($0.key)", JSON($0.value)) })),
            "albums": .array(self.albums),
        ]
        return json.bytes
    }

    /// The id that `chat` has now.
    func current(_ chat: Int64) -> Int64 {
        var chat = chat
        // A chain is one step in practice; a loop must not hang.
        for _ in 0..<4 { chat = self.migrations[chat] ?? chat }
        return chat
    }
}

/// Keeps an adapter's ``TelegramMemory`` between runs; `none` forgets.
package struct TelegramMemoryStore: Sendable {
    /// What was kept, or nil.
    package var load: @Sendable () async -> [UInt8]?
    /// Returns whether it is kept.
    package var save: @Sendable ([UInt8]) async -> Bool

    package init(
        load: @escaping @Sendable () async -> [UInt8]?, save: @escaping @Sendable ([UInt8]) async -> Bool
    ) {
        self.load = load
        self.save = save
    }

    package static let none = Self(load: { nil }, save: { _ in true })

    /// Keeps it in a small file of the owner's alone, replaced whole.
    package static func file(_ path: String) -> Self {
        Self(
            load: { PrivateFile.read(path)?.bytes },
            save: { bytes in
                do throws {
                    try PrivateFile.write(bytes, to: path)
                    return true
                } catch {
                    return false
                }
            })
    }
}
