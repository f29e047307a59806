internal import Crypto
internal import JSON
internal import Olm

/// The account's identity: the private keys of cross-signing.
///
/// https://spec.matrix.org/v1.16/client-server-api/#cross-signing
struct MatrixCrossSigning: Sendable {
    /// The names under which the keys are kept as secrets.
    enum Part: String, Sendable, CaseIterable {
        case master = "m.cross_signing.master"
        case selfSigning = "m.cross_signing.self_signing"
        case userSigning = "m.cross_signing.user_signing"

        fileprivate var usage: String {
            switch self {
            case .master: "master"
            case .selfSigning: "self_signing"
            case .userSigning: "user_signing"
            }
        }
    }

    /// 32 bytes each. The master key is not kept longer than until the recovery key holds it.
    var seeds: [Part: [UInt8]]

    static func random() -> MatrixCrossSigning {
        MatrixCrossSigning(seeds: Dictionary(uniqueKeysWithValues: Part.allCases.map { ($0, randomBytes(32)) }))
    }

    func key(_ part: Part) -> Ed25519SigningKey? {
        self.seeds[part].flatMap { $0.count == 32 ? Ed25519SigningKey(seed: $0) : nil }
    }

    /// The body that uploads the public keys, which the master key signs.
    func upload(for user: String) -> JSONObject? {
        guard let master = self.key(.master), let own = self.key(.selfSigning), let others = self.key(.userSigning)
        else { return nil }
        func object(_ part: Part, _ key: Ed25519SigningKey) -> JSON {
            [
                "user_id": .string(user), "usage": [.string(part.usage)],
                "keys": .object(["ed25519:\(key.publicKey)": .string(key.publicKey)]),
            ]
        }
        func signed(_ json: JSON) -> JSON {
            MatrixSigned.signing(json, by: user, keyID: "ed25519:\(master.publicKey)") { master.sign($0) }
        }
        return [
            "master_key": object(.master, master), "self_signing_key": signed(object(.selfSigning, own)),
            "user_signing_key": signed(object(.userSigning, others)),
        ]
    }

    /// A device of the account with the signature of the self-signing key.
    func signing(device: JSON, of user: String) -> JSON? {
        guard let key = self.key(.selfSigning), var object = device.objectValue else { return nil }
        object["unsigned"] = nil
        return MatrixSigned.signing(.object(object), by: user, keyID: "ed25519:\(key.publicKey)") { key.sign($0) }
    }

    /// Another person's master key with the signature of the user-signing key.
    static func signing(master: JSON, by user: String, with key: Ed25519SigningKey) -> JSON? {
        guard var object = master.objectValue else { return nil }
        object["unsigned"] = nil
        return MatrixSigned.signing(.object(object), by: user, keyID: "ed25519:\(key.publicKey)") { key.sign($0) }
    }
}
