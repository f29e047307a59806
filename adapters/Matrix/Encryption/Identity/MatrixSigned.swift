package import JSON
package import Olm

/// Signed JSON objects (specification, appendix "Signing JSON"): the signature covers all but `signatures` and
/// `unsigned`.
package enum MatrixSigned {
    /// What a signature of `json` covers.
    package static func bytes(of json: JSON) -> [UInt8] {
        guard var object = json.objectValue else { return json.matrixCanonicalBytes }
        object["signatures"] = nil
        object["unsigned"] = nil
        return JSON.object(object).matrixCanonicalBytes
    }

    /// The signature that `json` carries, unchecked; `keyID` is `ed25519:…`.
    package static func signature(of json: JSON, user: String, keyID: String) -> String? {
        json["signatures"]?[user]?[keyID]?.stringValue
    }

    /// `json` with one signature more.
    package static func adding(_ signature: String, to json: JSON, user: String, keyID: String) -> JSON {
        guard var object = json.objectValue else { return json }
        var all = object["signatures"]?.objectValue ?? [:]
        var own = all[user]?.objectValue ?? [:]
        own[keyID] = .string(signature)
        all[user] = .object(own)
        object["signatures"] = .object(all)
        return .object(object)
    }

    /// `json` with the signature that `sign` makes.
    package static func signing(
        _ json: JSON, user: String, keyID: String, by sign: ([UInt8]) -> String
    ) -> JSON {
        Self.adding(sign(Self.bytes(of: json)), to: json, user: user, keyID: keyID)
    }

    /// `json` with the signature of a cross-signing key, whose id is its public half.
    package static func signing(_ json: JSON, user: String, by key: Ed25519SigningKey) -> JSON {
        Self.signing(json, user: user, keyID: "ed25519:\(key.publicKey)", by: key.sign)
    }

    /// Whether `json` has a valid signature of `user` under `keyID`, made with the private half of `key`.
    package static func verify(_ json: JSON, user: String, keyID: String, key: String) -> Bool {
        guard let signature = Self.signature(of: json, user: user, keyID: keyID) else { return false }
        return verifyEd25519(signature, of: Self.bytes(of: json), by: key)
    }

    /// The same for a cross-signing key, whose id is its public half.
    package static func verify(_ json: JSON, user: String, key: String) -> Bool {
        Self.verify(json, user: user, keyID: "ed25519:\(key)", key: key)
    }
}
