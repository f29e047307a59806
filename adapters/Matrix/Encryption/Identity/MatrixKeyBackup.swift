internal import Crypto
package import JSON
package import Olm

/// The backup of room keys on the server (Client-Server API, "Server-side key backups").
///
/// Its `mac` authenticates nothing, so what comes out is only as true as the server: enough to read old messages, never
/// to trust a sender.
package struct MatrixKeyBackup: Sendable, Equatable {
    package static let algorithm = MatrixRequest.backupAlgorithm
    /// The private key's name in secret storage.
    package static let secretName = "m.megolm_backup.v1"

    /// The server's name of this backup.
    package let version: String
    /// 32 bytes.
    package let privateKey: [UInt8]
    package let publicKey: String

    /// nil if `privateKey` is none.
    package init?(version: String, privateKey: [UInt8]) {
        guard let publicKey = Self.publicKey(of: privateKey) else { return nil }
        self.version = version
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    package static func publicKey(of privateKey: [UInt8]) -> String? {
        privateKey.count == 32 ? try? BackupDecryption(privateKey: privateKey).publicKey : nil
    }

    /// `auth_data` of a new version, signed by the master key.
    package static func authData(publicKey: String, user: String, by master: Ed25519SigningKey) -> JSON {
        MatrixSigned.signing(["public_key": .string(publicKey)], user: user, by: master)
    }

    /// Whether the answer to `GET /room_keys/version` describes a backup of this key. The key came from secret storage
    /// or from here, so equality makes it trusted.
    package static func isOf(_ publicKey: String, _ answer: JSON) -> Bool {
        answer["algorithm"]?.stringValue == Self.algorithm
            && answer["auth_data"]?["public_key"]?.stringValue == publicKey
    }

    /// `KeyBackupData` of a room key.
    ///
    /// - Parameters:
    ///   - exported: the session in the export format, at `firstIndex`.
    ///   - claimedEd25519: the key of the sender's device, as it was told over Olm.
    package func encrypted(
        exported: String, firstIndex: UInt32, senderKey: String, claimedEd25519: String, isVerified: Bool
    ) -> JSON? {
        let session: JSON = [
            "algorithm": "m.megolm.v1.aes-sha2", "sender_key": .string(senderKey),
            "sender_claimed_keys": ["ed25519": .string(claimedEd25519)],
            "forwarding_curve25519_key_chain": [], "session_key": .string(exported),
        ]
        guard let encryption = try? BackupEncryption(publicKey: self.publicKey) else { return nil }
        let (ephemeral, mac, ciphertext) = encryption.encrypt(session.bytes)
        return [
            "first_message_index": JSON(firstIndex), "forwarded_count": 0, "is_verified": .bool(isVerified),
            "session_data": [
                "ephemeral": .string(ephemeral), "mac": .string(mac), "ciphertext": .string(ciphertext),
            ],
        ]
    }

    /// A room key of the backup.
    package struct Session: Sendable, Equatable {
        /// In the export format.
        package let exported: String
        package let senderKey: String
        package let claimedEd25519: String?
    }

    /// Reads `KeyBackupData`; nil if it is of another key or no room key.
    package func decrypted(_ data: JSON) -> Session? {
        guard let decryption = try? BackupDecryption(privateKey: self.privateKey), let sealed = data["session_data"],
            let ephemeral = sealed["ephemeral"]?.stringValue, let mac = sealed["mac"]?.stringValue,
            let ciphertext = sealed["ciphertext"]?.stringValue,
            let text = try? decryption.decrypt(ephemeral: ephemeral, mac: mac, ciphertext: ciphertext),
            let json = try? JSON.parse(text), json["algorithm"]?.stringValue == "m.megolm.v1.aes-sha2",
            let key = json["session_key"]?.stringValue, let sender = json["sender_key"]?.stringValue
        else { return nil }
        return Session(
            exported: key, senderKey: sender, claimedEd25519: json["sender_claimed_keys"]?["ed25519"]?.stringValue)
    }
}
