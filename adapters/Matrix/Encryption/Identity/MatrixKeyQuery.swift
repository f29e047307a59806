internal import Crypto
internal import JSON

/// A device as `/keys/query` shows it, after its own signature was checked.
struct MatrixDeviceKeys: Sendable, Equatable {
    let id: String
    let ed25519: String
    let curve25519: String
    let displayName: String?
    /// Signed by its owner's self-signing key, which the master key signed.
    let isCrossSigned: Bool

    /// Whether a text can be a public key: 32 bytes in unpadded base64.
    static func isKey(_ text: String) -> Bool { decodeUnpaddedBase64(text)?.count == 32 && text.utf8.count == 43 }
}

/// The keys of one person.
struct MatrixUserKeys: Sendable, Equatable {
    let user: String
    /// The public keys of cross-signing: unpadded base64.
    var master: String?
    var selfSigning: String?
    /// Shown only to its owner.
    var userSigning: String?
    var devices: [MatrixDeviceKeys] = []

    func device(_ id: String) -> MatrixDeviceKeys? { self.devices.first { $0.id == id } }
}

/// Reads answers to `/keys/query`. What is not signed as it has to be does not exist.
///
/// https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysquery
enum MatrixKeyQuery {
    static func keys(of user: String, in answer: JSON) -> MatrixUserKeys {
        var keys = MatrixUserKeys(user: user)
        keys.master = Self.crossSigningKey(answer["master_keys"]?[user], of: user, usage: "master")
        if let master = keys.master {
            func signed(_ name: String, _ usage: String) -> String? {
                guard let json = answer[name]?[user],
                    MatrixSigned.verify(json, by: user, keyID: "ed25519:\(master)", key: master)
                else { return nil }
                return Self.crossSigningKey(json, of: user, usage: usage)
            }
            keys.selfSigning = signed("self_signing_keys", "self_signing")
            keys.userSigning = signed("user_signing_keys", "user_signing")
        }
        // Device ids and public keys share a namespace: a device with such an id would borrow their signatures.
        let taken = [keys.master, keys.selfSigning, keys.userSigning]
        for (id, json) in answer["device_keys"]?[user]?.objectValue ?? [:] where !taken.contains(id) {
            if let device = Self.device(json, id: id, of: user, selfSigning: keys.selfSigning) { keys.devices.append(device) }
        }
        keys.devices.sort { $0.id < $1.id }
        return keys
    }

    /// The one public key of a cross-signing key object.
    static func crossSigningKey(_ json: JSON?, of user: String, usage: String) -> String? {
        guard let json, json["user_id"]?.stringValue == user,
            json["usage"]?.arrayValue?.contains(.string(usage)) == true, let keys = json["keys"]?.objectValue,
            keys.count == 1, let (name, key) = keys.first.map({ ($0.key, $0.value.stringValue) }), let key,
            name == "ed25519:\(key)", MatrixDeviceKeys.isKey(key)
        else { return nil }
        return key
    }

    private static func device(
        _ json: JSON, id: String, of user: String, selfSigning: String?
    ) -> MatrixDeviceKeys? {
        guard json["user_id"]?.stringValue == user, json["device_id"]?.stringValue == id,
            let ed25519 = json["keys"]?["ed25519:\(id)"]?.stringValue,
            let curve25519 = json["keys"]?["curve25519:\(id)"]?.stringValue, MatrixDeviceKeys.isKey(ed25519),
            MatrixDeviceKeys.isKey(curve25519),
            MatrixSigned.verify(json, by: user, keyID: "ed25519:\(id)", key: ed25519)
        else { return nil }
        let isCrossSigned =
            selfSigning.map { MatrixSigned.verify(json, by: user, keyID: "ed25519:\($0)", key: $0) } ?? false
        return MatrixDeviceKeys(
            id: id, ed25519: ed25519, curve25519: curve25519,
            displayName: json["unsigned"]?["device_display_name"]?.stringValue.map { String($0.prefix(200)) },
            isCrossSigned: isCrossSigned)
    }
}
