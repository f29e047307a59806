internal import Crypto
internal import JSON
internal import Olm

/// Room keys on the server, encrypted for a key that only the recovery key opens.
///
/// https://spec.matrix.org/v1.16/client-server-api/#server-side-key-backups
enum MatrixKeyBackup {
    static let algorithm = "m.megolm_backup.v1.curve25519-aes-sha2"
    /// The name of the private key as a secret.
    static let secretName = "m.megolm_backup.v1"

    /// The body that makes a version, signed by the device and by the master key while it is there.
    static func version(publicKey: String, user: String, signatures sign: (JSON) -> JSON) -> JSON {
        ["algorithm": .string(Self.algorithm), "auth_data": sign(["public_key": .string(publicKey)])]
    }

    /// A session as the backup keeps it.
    static func sealed(_ facts: MatrixRoomKey, exported: String, with key: BackupEncryption) -> JSON {
        let inner: JSON = [
            "algorithm": "m.megolm.v1.aes-sha2", "sender_key": .string(facts.senderKey ?? ""),
            "sender_claimed_keys": ["ed25519": .string(facts.signingKey ?? "")], "forwarding_curve25519_key_chain": [],
            "session_key": .string(exported),
        ]
        let message = key.encrypt(inner.bytes)
        return [
            "first_message_index": .integer(Int64(facts.firstIndex)), "forwarded_count": 0, "is_verified": false,
            "session_data": [
                "ephemeral": .string(message.ephemeral), "ciphertext": .string(message.ciphertext),
                "mac": .string(message.mac),
            ],
        ]
    }

    /// Reads a session. Who sent it is not known: the backup is as true as the server.
    static func open(
        _ json: JSON, room: String, session: String, with key: BackupDecryption
    ) -> (session: MegolmInboundSession, facts: MatrixRoomKey)? {
        let data = json["session_data"]
        guard let ephemeral = data?["ephemeral"]?.stringValue, let text = data?["ciphertext"]?.stringValue,
            let mac = data?["mac"]?.stringValue,
            let clear = try? key.decrypt(ephemeral: ephemeral, mac: mac, ciphertext: text),
            let inner = try? JSON.parse(clear), inner["algorithm"] == "m.megolm.v1.aes-sha2",
            let exported = inner["session_key"]?.stringValue,
            let inbound = try? MegolmInboundSession(exported: exported), inbound.id == session
        else { return nil }
        let facts = MatrixRoomKey(
            room: room, session: session, sender: nil, senderKey: inner["sender_key"]?.stringValue,
            signingKey: inner["sender_claimed_keys"]?["ed25519"]?.stringValue, firstIndex: inbound.firstKnownIndex,
            source: .backup)
        return (inbound, facts)
    }
}
