internal import JSON
internal import Matrix
internal import Olm

/// A person's device: its keys as a homeserver shows them.
struct BenchDevice: Sendable {
    let user: String
    let name: String
    let keys: JSON
    /// A one-time key, by its id, as an answer to a claim has it.
    let oneTimeKey: JSON

    init(_ account: OlmAccount, user: String, name: String) {
        self.user = user
        self.name = name
        let signed = { (object: JSONObject) in
            MatrixSigned.signing(.object(object), user: user, keyID: "ed25519:\(name)") { account.sign($0) }
        }
        self.keys = signed([
            "user_id": .string(user), "device_id": .string(name),
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": [
                "curve25519:\(name)": .string(account.curve25519), "ed25519:\(name)": .string(account.ed25519),
            ],
        ])
        account.makeOneTimeKeys(1)
        self.oneTimeKey = .object(
            JSONObject(
                dictionary: Dictionary(
                    account.unpublishedOneTimeKeys.map {
                        ("signed_curve25519:\($0.id)", signed(["key": .string($0.key)]))
                    }, uniquingKeysWith: { first, _ in first })))
    }
}
