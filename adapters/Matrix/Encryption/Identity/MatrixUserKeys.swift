package import JSON

/// What the server says of one user's keys, as far as its signatures hold together.
///
/// The master key itself is the server's word: who compares it or has it compared vouches for it.
package struct MatrixUserKeys: Sendable, Equatable {
    package let user: String
    /// Unpadded base64.
    package let master: String?
    /// Signed by ``master``.
    package let selfSigning: String?
    /// Signed by ``master``; servers show it to its owner only.
    package let userSigning: String?
    /// Sorted by id.
    package private(set) var devices: [MatrixDeviceKeys]
    /// The object of the master key, with its signatures; nil where it is not kept.
    package private(set) var masterJSON: JSON?

    /// Takes one user's part of an answer to `/keys/query`. What has a bad signature or belongs to others is omitted.
    package init(user: String, answer: JSON, isOwn: Bool = false) {
        let master = answer["master_keys"]?[user].flatMap { Self.key($0, user: user, usage: "master") }
        let signed = { (list: String, usage: String) -> String? in
            guard let master, let json = answer[list]?[user], MatrixSigned.verify(json, user: user, key: master) else {
                return nil
            }
            return Self.key(json, user: user, usage: usage)
        }
        let selfSigning = signed("self_signing_keys", "self_signing")
        let userSigning = isOwn ? signed("user_signing_keys", "user_signing") : nil
        // Ids of devices and public keys share a namespace: a device with such an id would borrow their signatures.
        let taken = Set([master, selfSigning, userSigning].compactMap(\.self))
        let devices = answer["device_keys"]?[user]?.objectValue ?? [:]
        self.user = user
        self.master = master
        self.selfSigning = selfSigning
        self.userSigning = userSigning
        self.masterJSON = master == nil ? nil : answer["master_keys"]?[user]
        self.devices =
            devices.prefix(Self.deviceLimit).filter { !taken.contains($0.key) }
            .compactMap { MatrixDeviceKeys($0.value, user: user, id: $0.key, selfSigning: selfSigning) }
            .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    /// Without the objects, which may have any size: people and their servers write them.
    var bare: Self {
        var bare = self
        bare.masterJSON = nil
        bare.devices = self.devices.map(\.bare)
        return bare
    }

    package func device(_ id: String) -> MatrixDeviceKeys? { self.devices.first { $0.id == id } }

    /// Whether the account `owner` signed this user's master key with its user-signing key: it was verified.
    package func isVerified(by userSigning: String, of owner: String) -> Bool {
        self.masterJSON.map { MatrixSigned.verify($0, user: owner, key: userSigning) } ?? false
    }

    /// Each device's signature is checked; a person has some.
    static let deviceLimit = 1_000

    /// The public key of a cross-signing object, which must be its only key and its own name.
    private static func key(_ json: JSON, user: String, usage: String) -> String? {
        guard json["user_id"]?.stringValue == user,
            json["usage"]?.arrayValue?.contains(.string(usage)) == true,
            let keys = json["keys"]?.objectValue, keys.count == 1, let (id, value) = keys.first,
            let key = value.stringValue, id == "ed25519:\(key)", MatrixDeviceKeys.isKey(key)
        else { return nil }
        return key
    }
}
