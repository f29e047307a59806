internal import JSON
package import Primitives

/// The adapter's state between runs.
package struct MatrixMemory: Sendable, Equatable {
    /// A signed-in device.
    package struct Device: Sendable, Equatable {
        package var id: String
        package var token: Secret
        /// The refresh token, which renews ``token`` before it expires.
        package var refresh: Secret?
        /// When the token has to be renewed, in milliseconds since 1970; nil when it does not expire.
        package var expiresAt: Int64?
    }

    /// An invitation that is not answered yet.
    package struct Invitation: Sendable, Equatable {
        package var inviter: String
        package var isDirect: Bool
        package var isEncrypted: Bool
        /// The inviter may invite the bot, which joins.
        package var isAccepted = false
    }

    /// The most rooms, and the most marks of direct ones: the memory is saved again and again, and read as one JSON.
    static let roomLimit = 20_000

    /// The owner of this memory: the account and its server's address.
    package var account: String
    /// Set by a password login; nil before it, and with a configured access token.
    package var device: Device?
    /// The device to sign in as again: the server ended its token, but keeps it.
    package var keptDevice: String?
    /// The server's tokens expire, so the next login asks for a refresh token.
    package var tokensEnd = false
    /// Where the next sync starts: everything before was delivered.
    package var since: String?
    package var rooms: [String: MatrixRoom] = [:]
    /// Every room ever seen encrypted: nothing is sent there, whatever a server reports later.
    package var encrypted: Set<String> = []
    /// Rooms that the account data marks as direct.
    package var direct: Set<String> = []
    /// Unanswered invitations: the server reports each only once.
    package var invitations: [String: Invitation] = [:]
    /// Upgrades seen but neither delivered nor refused: the new room's id by the old one's.
    package var upgrades: [String: String] = [:]
    /// Rooms that the bot joins, or has joined, only because an upgrade names them: it leaves those that were not created
    /// for it.
    package var followed: Set<String> = []
    /// The learned pace of the server.
    package var pace: MatrixPace?
    /// The server was found to allow more than the default.
    package var isWide = false

    package init(account: String) { self.account = account }

    /// Reads ``bytes``. Nil when they are damaged or belong to another account.
    package init?(bytes: [UInt8], account: String) {
        guard let json = try? JSON.parse(bytes), json["account"]?.stringValue == account else { return nil }
        self.init(account: account)
        if let id = json["device"]?["id"]?.stringValue, let token = json["device"]?["token"]?.stringValue {
            self.device = Device(
                id: id, token: Secret(token), refresh: (json["device"]?["refresh"]?.stringValue).map { Secret($0) },
                expiresAt: json["device"]?["expires_at"]?.intValue.map(Int64.init))
        }
        self.keptDevice = json["kept_device"]?.stringValue
        self.tokensEnd = json["tokens_end"]?.boolValue ?? false
        self.since = json["since"]?.stringValue
        for (id, room) in json["rooms"]?.objectValue ?? [:] { self.rooms[id] = MatrixRoom(room) }
        self.encrypted = Self.set(json["encrypted"])
        self.direct = Self.set(json["direct"])
        for (id, json) in json["invitations"]?.objectValue ?? [:] {
            self.invitations[id] = json["inviter"]?.stringValue.map {
                Invitation(
                    inviter: $0, isDirect: json["direct"]?.boolValue ?? false,
                    isEncrypted: json["encrypted"]?.boolValue ?? false,
                    isAccepted: json["accepted"]?.boolValue ?? false)
            }
        }
        for (old, new) in json["upgrades"]?.objectValue ?? [:] { self.upgrades[old] = new.stringValue }
        self.followed = Self.set(json["followed"])
        if let interval = json["pace"]?["interval"]?.intValue, let burst = json["pace"]?["burst"]?.intValue {
            self.pace = MatrixPace(interval: Int64(interval), burst: burst)
        }
        self.isWide = json["wide"]?.boolValue ?? false
    }

    private static func set(_ json: JSON?) -> Set<String> {
        Set((json?.arrayValue ?? []).compactMap(\.stringValue))
    }

    /// The state as JSON.
    package var bytes: [UInt8] {
        var json: JSONObject = ["account": .string(self.account)]
        if let device = self.device {
            var fields: JSONObject = ["id": .string(device.id), "token": .string(device.token.reveal())]
            fields["refresh"] = device.refresh.map { .string($0.reveal()) }
            fields["expires_at"] = device.expiresAt.map { .integer($0) }
            json["device"] = .object(fields)
        }
        json["kept_device"] = self.keptDevice.map { .string($0) }
        if self.tokensEnd { json["tokens_end"] = true }
        json["since"] = self.since.map { .string($0) }
        json["rooms"] = .object(JSONObject(dictionary: self.rooms.mapValues(\.json)))
        json["encrypted"] = .array(self.encrypted.sorted().map { .string($0) })
        json["direct"] = .array(self.direct.sorted().map { .string($0) })
        json["invitations"] = .object(JSONObject(dictionary: self.invitations.mapValues(\.json)))
        json["upgrades"] = .object(JSONObject(dictionary: self.upgrades.mapValues { .string($0) }))
        json["followed"] = .array(self.followed.sorted().map { .string($0) })
        if let pace = self.pace { json["pace"] = ["interval": .integer(pace.interval), "burst": JSON(pace.burst)] }
        if self.isWide { json["wide"] = true }
        return JSON.object(json).bytes
    }
}

extension MatrixRoom {
    fileprivate init(_ json: JSON) {
        self.inviter = json["inviter"]?.stringValue
        self.isDirect = json["direct"]?.boolValue ?? false
        self.hasName = json["named"]?.boolValue ?? false
        self.name = json["name"]?.stringValue
        self.alias = json["alias"]?.stringValue
        self.joined = json["joined"]?.intValue
        self.last = json["last"]?.stringValue
        self.replacement = json["replacement"]?.stringValue
        self.isUsed = json["used"]?.boolValue ?? false
        self.follows = json["follows"]?.intValue ?? 0
        self.followsSince = json["follows_since"]?.intValue.map { Int64($0) } ?? 0
    }

    fileprivate var json: JSON {
        var json = JSONObject()
        json["inviter"] = self.inviter.map { .string($0) }
        if self.isDirect { json["direct"] = true }
        if self.hasName { json["named"] = true }
        json["name"] = self.name.map { .string($0) }
        json["alias"] = self.alias.map { .string($0) }
        json["joined"] = self.joined.map { JSON($0) }
        json["last"] = self.last.map { .string($0) }
        json["replacement"] = self.replacement.map { .string($0) }
        if self.isUsed { json["used"] = true }
        if self.follows > 0 {
            json["follows"] = JSON(self.follows)
            json["follows_since"] = .integer(self.followsSince)
        }
        return .object(json)
    }
}

extension MatrixMemory.Invitation {
    fileprivate var json: JSON {
        [
            "inviter": .string(self.inviter), "direct": .bool(self.isDirect), "encrypted": .bool(self.isEncrypted),
            "accepted": .bool(self.isAccepted),
        ]
    }
}

/// The remembered state of a room that the bot is in.
package struct MatrixRoom: Sendable, Equatable {
    /// The full user id of the inviter.
    package var inviter: String?
    /// The invitation marked the room as direct.
    package var isDirect = false
    package var hasName = false
    /// For people, see ``RoomTitle``.
    package var name: String?
    package var alias: String?
    /// A name says more than an alias.
    package var title: String? { self.name ?? self.alias }
    /// The number of members; nil when the server did not report it.
    package var joined: Int?
    /// The last event that was handled.
    package var last: String?
    /// The room that replaced it, once the core knows.
    package var replacement: String?
    /// Somebody has talked to the bot there.
    package var isUsed = false
    /// How many replacements the bot looked at, of this room and of those that it replaced, since ``followsSince``.
    package var follows = 0
    /// In milliseconds since 1970.
    package var followsSince: Int64 = 0
}
