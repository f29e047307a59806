internal import JSON
internal import Olm

/// Signatures of JSON objects.
///
/// https://spec.matrix.org/v1.16/appendices/#signing-json
enum MatrixSigned {
    /// What is signed: the object in canonical form without its signatures and what servers add.
    private static func signedBytes(_ json: JSON) -> [UInt8] {
        var object = json.objectValue ?? [:]
        object["signatures"] = nil
        object["unsigned"] = nil
        return JSON.object(object).canonicalBytes
    }

    /// The object with one more signature.
    static func signing(_ json: JSON, by user: String, keyID: String, _ sign: ([UInt8]) -> String) -> JSON {
        guard var object = json.objectValue else { return json }
        var signatures = object["signatures"]?.objectValue ?? [:]
        var own = signatures[user]?.objectValue ?? [:]
        own[keyID] = .string(sign(Self.signedBytes(json)))
        signatures[user] = .object(own)
        object["signatures"] = .object(signatures)
        return .object(object)
    }

    /// Whether the object has the signature of this key. Signatures are looked up by key id, and checked with the key
    /// itself.
    static func verify(_ json: JSON, by user: String, keyID: String, key: String) -> Bool {
        guard let signature = json["signatures"]?[user]?[keyID]?.stringValue else { return false }
        return verifyEd25519(signature, of: Self.signedBytes(json), by: key)
    }
}
