internal import HTTP
internal import JSON

/// The calls of end-to-end encryption.
///
/// https://spec.matrix.org/v1.16/client-server-api/#end-to-end-encryption
extension MatrixRequest {
    private static let base = ["_matrix", "client", "v3"]

    private static func look(
        _ method: HTTPMethod, _ path: [String], query: HTTPQuery = [:], body: JSON? = nil
    ) -> MatrixRequest {
        MatrixRequest(.look, method, Self.base + path, query: query, body: body, timeout: 30_000)
    }

    // MARK: Devices

    static func uploadKeys(_ body: JSON) -> MatrixRequest { Self.look(.post, ["keys", "upload"], body: body) }

    /// All devices of these people.
    static func queryKeys(of users: [String]) -> MatrixRequest {
        Self.look(
            .post, ["keys", "query"],
            body: [
                "timeout": 10_000, "device_keys": .object(JSONObject(members: users.map { ($0, JSON.array([])) })),
            ])
    }

    /// One one-time key of each device.
    static func claimKeys(of devices: [(user: String, device: String)]) -> MatrixRequest {
        var users = JSONObject()
        for (user, device) in devices {
            var names = users[user]?.objectValue ?? [:]
            names[device] = "signed_curve25519"
            users[user] = .object(names)
        }
        return Self.look(.post, ["keys", "claim"], body: ["timeout": 10_000, "one_time_keys": .object(users)])
    }

    static func sendToDevice(type: String, transaction: String, body: JSON) -> MatrixRequest {
        Self.look(.put, ["sendToDevice", type, transaction], body: body)
    }

    static func removeDevice(_ device: String, authentication: JSON?) -> MatrixRequest {
        var body = JSONObject()
        body["auth"] = authentication
        return Self.look(.delete, ["devices", device], body: .object(body))
    }

    // MARK: Rooms

    /// Everybody who is in a room or invited.
    static func members(of room: String) -> MatrixRequest {
        Self.look(.get, ["rooms", room, "members"], query: ["not_membership": "leave"])
    }

    static func historyVisibility(of room: String) -> MatrixRequest {
        Self.look(.get, ["rooms", room, "state", "m.room.history_visibility"])
    }

    // MARK: Account

    static func accountData(_ type: String, of user: String) -> MatrixRequest {
        Self.look(.get, ["user", user, "account_data", type])
    }

    static func setAccountData(_ type: String, of user: String, to content: JSON) -> MatrixRequest {
        Self.look(.put, ["user", user, "account_data", type], body: content)
    }

    // MARK: Identity

    /// Replaces the account's cross-signing keys; servers ask for the password when there are others.
    static func uploadCrossSigning(_ keys: JSONObject, authentication: JSON?) -> MatrixRequest {
        var body = keys
        body["auth"] = authentication
        return Self.look(.post, ["keys", "device_signing", "upload"], body: .object(body))
    }

    /// Signatures of keys, by user and by device id or public key.
    static func uploadSignatures(_ signatures: JSON) -> MatrixRequest {
        Self.look(.post, ["keys", "signatures", "upload"], body: signatures)
    }

    // MARK: Backup

    static let backupVersion = Self.look(.get, ["room_keys", "version"])

    static func makeBackup(_ body: JSON) -> MatrixRequest { Self.look(.post, ["room_keys", "version"], body: body) }

    static func backUp(_ rooms: JSON, version: String) -> MatrixRequest {
        Self.look(.put, ["room_keys", "keys"], query: ["version": version], body: ["rooms": rooms])
    }

    static func backedUpKey(room: String, session: String, version: String) -> MatrixRequest {
        Self.look(.get, ["room_keys", "keys", room, session], query: ["version": version])
    }

    static func backedUpKeys(version: String) -> MatrixRequest {
        Self.look(.get, ["room_keys", "keys"], query: ["version": version])
    }
}
