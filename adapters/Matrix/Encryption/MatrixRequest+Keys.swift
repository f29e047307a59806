internal import HTTP
package import JSON
package import Primitives

/// Requests of encryption, whose caller handles the answer (Client-Server API, "End-to-End Encryption").
extension MatrixRequest {
    private static func keys(_ method: HTTPMethod, _ path: [String], query: HTTPQuery = [:], body: JSON? = nil)
        -> MatrixRequest
    {
        MatrixRequest(.look, method, ["_matrix", "client", "v3"] + path, query: query, body: body)
    }

    // MARK: Devices and their keys

    /// All devices of these users. Anybody's server takes part in the answer.
    package static func queryKeys(of users: [String]) -> MatrixRequest {
        let lists = JSONObject(members: users.map { ($0, .array([])) })
        var request = self.keys(
            .post, ["keys", "query"], body: ["device_keys": .object(lists), "timeout": 10_000])
        request.answerLimit = 32 << 20
        return request
    }

    /// Any part may be missing.
    package static func uploadKeys(
        device: JSON? = nil, oneTime: JSONObject = [:], fallback: JSONObject = [:]
    ) -> MatrixRequest {
        var body: JSONObject = [:]
        if let device { body["device_keys"] = device }
        if !oneTime.isEmpty { body["one_time_keys"] = .object(oneTime) }
        if !fallback.isEmpty { body["fallback_keys"] = .object(fallback) }
        return self.keys(.post, ["keys", "upload"], body: .object(body))
    }

    /// A one-time key of each of these devices, by user.
    package static func claimKeys(_ devices: [String: [String]]) -> MatrixRequest {
        let users = JSONObject(
            dictionary: devices.mapValues { ids in
                .object(JSONObject(members: ids.map { ($0, "signed_curve25519") }))
            })
        return self.keys(.post, ["keys", "claim"], body: ["one_time_keys": .object(users), "timeout": 10_000])
    }

    // MARK: Cross-signing

    /// `keys` is of ``MatrixCrossSigning/upload``; `auth` is needed when the server asked for it, see
    /// ``MatrixRequest/passwordAuth(user:password:session:)``.
    package static func uploadCrossSigning(_ keys: JSONObject, auth: JSON? = nil) -> MatrixRequest {
        var body = keys
        if let auth { body["auth"] = auth }
        return self.keys(.post, ["keys", "device_signing", "upload"], body: .object(body))
    }

    /// `signatures`: signed objects by user, then by device or public key.
    package static func uploadSignatures(_ signatures: JSON) -> MatrixRequest {
        self.keys(.post, ["keys", "signatures", "upload"], body: signatures)
    }

    /// The password stage of user-interactive authentication.
    package static func passwordAuth(user: String, password: Secret, session: String?) -> JSON {
        var auth: JSONObject = [
            "type": "m.login.password", "identifier": ["type": "m.id.user", "user": .string(user)],
            "password": .string(password.reveal()),
        ]
        if let session { auth["session"] = .string(session) }
        return .object(auth)
    }

    // MARK: Account data

    package static func accountData(_ type: String, of user: String) -> MatrixRequest {
        self.keys(.get, ["user", user, "account_data", type])
    }

    package static func setAccountData(_ type: String, of user: String, to content: JSON) -> MatrixRequest {
        self.keys(.put, ["user", user, "account_data", type], body: content)
    }

    // MARK: Key backup

    static let backupAlgorithm = "m.megolm_backup.v1.curve25519-aes-sha2"

    /// The current version; 404 `M_NOT_FOUND` if there is none.
    package static let backupVersion = MatrixRequest.keys(.get, ["room_keys", "version"])

    package static func createBackup(_ authData: JSON) -> MatrixRequest {
        self.keys(
            .post, ["room_keys", "version"],
            body: ["algorithm": .string(self.backupAlgorithm), "auth_data": authData])
    }

    /// All sessions, by room.
    static func backedUpKeys(version: String) -> MatrixRequest {
        self.keys(.get, ["room_keys", "keys"], query: ["version": version])
    }

    /// Sessions by room: `{room: {"sessions": {id: …}}}`.
    static func backUpKeys(rooms: JSONObject, version: String) -> MatrixRequest {
        self.keys(.put, ["room_keys", "keys"], query: ["version": version], body: ["rooms": .object(rooms)])
    }

    static func historyVisibility(of room: String) -> MatrixRequest {
        self.keys(.get, ["rooms", room, "state", "m.room.history_visibility"])
    }

    // MARK: Messages to devices, members

    /// `messages`: contents by user, then by device.
    package static func sendToDevice(_ type: String, transaction: String, messages: JSON) -> MatrixRequest {
        self.keys(.put, ["sendToDevice", type, transaction], body: ["messages": messages])
    }

    /// Events `m.room.member` of everybody but those who left.
    package static func members(of room: String) -> MatrixRequest {
        // A filter takes one membership only, so those who left are excluded.
        self.keys(.get, ["rooms", room, "members"], query: ["not_membership": "leave"])
    }
}
