internal import Crypto
package import JSON

/// State that must survive a restart.
package struct TelegramMemory: Sendable, Equatable {
    /// Signs button data; kept so that older buttons still work after a restart.
    package var key: [UInt8]
    /// Digest of the last registered command menus.
    package var commands = ""
    /// The private chats of people who have the whole menu, each with its digest.
    package var menus: [Int64: String] = [:]
    /// New ids of groups that became supergroups, by old id.
    package var migrations: [Int64: Int64] = [:]
    /// Updates with parts of what is not complete yet, already acknowledged to Telegram.
    package var parts: [JSON] = []
    /// Until when Telegram wants no messages in a chat, by wall clock: each call before extends the wait.
    package var pauses: [Int64: Int64] = [:]

    /// More groups than one host has. For dropped entries, Telegram reports the new id again.
    static let migrationLimit = 1_000
    /// Others get their menu when they write again.
    static let menuLimit = 1_000

    package init(key: [UInt8]) {
        self.key = key
    }

    /// Reads ``bytes``; makes a new key if there is no valid one.
    package init(bytes: [UInt8]?) {
        // The parts can be many: if they are too large, they are left out one by one.
        let json = bytes.flatMap { try? JSON.parse($0, elementLimit: TelegramUpdate.valueLimit) }
        let key = json?["key"]?.stringValue.flatMap(decodeHex) ?? []
        self.key = key.count == 32 ? key : randomBytes(32)
        self.commands = json?["commands"]?.stringValue ?? ""
        // Earlier releases had only albums.
        self.parts = json?["albums"]?.arrayValue ?? []
        for (chat, digest) in json?["menus"]?.objectValue ?? [:] {
            if let chat = Int64(chat), let digest = digest.stringValue { self.menus[chat] = digest }
        }
        for (old, new) in json?["migrations"]?.objectValue ?? [:] {
            if let old = Int64(old), let new = new.intValue { self.migrations[old] = Int64(new) }
        }
        for (chat, end) in json?["pauses"]?.objectValue ?? [:] {
            if let chat = Int64(chat), let end = end.intValue { self.pauses[chat] = Int64(end) }
        }
    }

    package var bytes: [UInt8] {
        let migrations = self.migrations.sorted { $0.key < $1.key }.suffix(Self.migrationLimit)
        let json: JSON = [
            "key": .string(hex(self.key)), "commands": .string(self.commands),
            "menus": .object(JSONObject(members: self.menus.map { ("\($0.key)", .string($0.value)) })),
            "migrations": .object(JSONObject(members: migrations.map { ("\($0.key)", JSON($0.value)) })),
            "albums": .array(self.parts),
            "pauses": .object(JSONObject(members: self.pauses.map { ("\($0.key)", JSON($0.value)) })),
        ]
        return json.bytes
    }

    /// The current id of `chat`.
    func current(_ chat: Int64) -> Int64 {
        var chat = chat
        // Chains are one step long in practice; the bound prevents an endless loop.
        for _ in 0..<4 { chat = self.migrations[chat] ?? chat }
        return chat
    }
}
