internal import Crypto
package import JSON
package import Olm

/// The three private keys of an account's identity (Client-Server API, "Cross-signing").
package struct MatrixCrossSigning: Sendable {
    /// The keys and the secrets that hold them.
    package enum Usage: String, Sendable, CaseIterable {
        case master
        case selfSigning = "self_signing"
        case userSigning = "user_signing"

        /// The secret's name in secret storage.
        package var secretName: String { "m.cross_signing.\(self.rawValue)" }
    }

    package let user: String
    /// 32 bytes each.
    private let seeds: [Usage: [UInt8]]
    package let master: Ed25519SigningKey
    package let selfSigning: Ed25519SigningKey
    package let userSigning: Ed25519SigningKey

    /// New keys.
    package init(user: String) {
        self.init(user: user, master: randomBytes(32), selfSigning: randomBytes(32), userSigning: randomBytes(32))
    }

    /// - Precondition: seeds of 32 bytes.
    package init(user: String, master: [UInt8], selfSigning: [UInt8], userSigning: [UInt8]) {
        self.user = user
        self.seeds = [.master: master, .selfSigning: selfSigning, .userSigning: userSigning]
        self.master = Ed25519SigningKey(seed: master)
        self.selfSigning = Ed25519SigningKey(seed: selfSigning)
        self.userSigning = Ed25519SigningKey(seed: userSigning)
    }

    /// The public half of a private key.
    static func publicKey(of seed: [UInt8]?) -> String? { seed.map { Ed25519SigningKey(seed: $0).publicKey } }

    /// The private key of `usage`, for a store that encrypts it.
    package func seed(_ usage: Usage) -> [UInt8] { self.seeds[usage] ?? [] }

    /// The body of `/keys/device_signing/upload`.
    package var upload: JSONObject {
        [
            "master_key": self.object(self.master, .master),
            "self_signing_key": MatrixSigned.signing(
                self.object(self.selfSigning, .selfSigning), user: self.user, by: self.master),
            "user_signing_key": MatrixSigned.signing(
                self.object(self.userSigning, .userSigning), user: self.user, by: self.master),
        ]
    }

    private func object(_ key: Ed25519SigningKey, _ usage: Usage) -> JSON {
        [
            "user_id": .string(self.user), "usage": [.string(usage.rawValue)],
            "keys": .object(JSONObject(members: [("ed25519:\(key.publicKey)", .string(key.publicKey))])),
        ]
    }

    /// The body of `/keys/signatures/upload` that signs an own device; nil if its object was not kept.
    package static func signature(
        of device: MatrixDeviceKeys, by selfSigning: Ed25519SigningKey
    ) -> JSON? {
        guard let json = device.json else { return nil }
        return Self.signature(of: json, id: device.id, user: device.user, signer: device.user, by: selfSigning)
    }

    /// The body of `/keys/signatures/upload` that says that `signer` verified the user of this master key; nil if it
    /// is not the key that was compared.
    package static func signature(
        ofMaster compared: String, in keys: MatrixUserKeys, signer: String, by userSigning: Ed25519SigningKey
    ) -> JSON? {
        guard keys.master == compared, let json = keys.masterJSON else { return nil }
        return Self.signature(of: json, id: compared, user: keys.user, signer: signer, by: userSigning)
    }

    /// Only the new signature is sent: the server adds it to those it has.
    private static func signature(
        of json: JSON, id: String, user: String, signer: String, by key: Ed25519SigningKey
    ) -> JSON {
        var bare = json.objectValue ?? [:]
        bare["signatures"] = nil
        bare["unsigned"] = nil
        let signed = MatrixSigned.signing(.object(bare), user: signer, by: key)
        return .object(JSONObject(members: [(user, .object(JSONObject(members: [(id, signed)])))]))
    }
}
