import Crypto
import JSON
import Matrix
import Olm

/// An account with keys, one device and what a server would say of them.
struct MatrixTestIdentity {
    let user: String
    let device: String
    let keys: MatrixCrossSigning
    let deviceKey: Ed25519SigningKey
    /// Any 32 bytes.
    let curve25519: String

    init(_ user: String, device: String = "DEVICE") {
        self.user = user
        self.device = device
        self.keys = MatrixCrossSigning(user: user)
        self.deviceKey = Ed25519SigningKey(seed: randomBytes(32))
        self.curve25519 = base64Unpadded(randomBytes(32))
    }

    /// The object that the device uploads.
    var deviceJSON: JSON { self.deviceJSON(keyID: "ed25519:\(self.device)") }

    func deviceJSON(keyID: String, user: String? = nil) -> JSON {
        let user = user ?? self.user
        let json: JSON = [
            "user_id": .string(user), "device_id": .string(self.device),
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": .object([
                keyID: .string(self.deviceKey.publicKey),
                "curve25519:\(self.device)": .string(self.curve25519),
            ]),
        ]
        return MatrixSigned.signing(json, user: user, keyID: keyID, by: self.deviceKey.sign)
    }

    var crossSigned: JSON { MatrixSigned.signing(self.deviceJSON, user: self.user, by: self.keys.selfSigning) }

    /// The answer to `/keys/query`.
    func answer(device: JSON? = nil) -> JSON {
        let upload = self.keys.upload
        return [
            "device_keys": .object([self.user: .object([self.device: device ?? self.crossSigned])]),
            "master_keys": .object([self.user: upload["master_key"] ?? .null]),
            "self_signing_keys": .object([self.user: upload["self_signing_key"] ?? .null]),
            "user_signing_keys": .object([self.user: upload["user_signing_key"] ?? .null]),
        ]
    }

    var userKeys: MatrixUserKeys { MatrixUserKeys(user: self.user, answer: self.answer(), isOwn: true) }
}

/// `json` with the value at a path replaced; nil removes it.
func replacing(_ json: JSON, _ path: [String], with value: JSON?) -> JSON {
    guard let first = path.first, var object = json.objectValue else { return value ?? .null }
    object[first] =
        path.count == 1 ? value : replacing(object[first] ?? [:], Array(path.dropFirst()), with: value)
    return .object(object)
}
