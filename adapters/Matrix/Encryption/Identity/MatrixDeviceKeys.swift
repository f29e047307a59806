internal import Crypto
package import JSON

/// The identity keys of one device, whose own signature was checked.
package struct MatrixDeviceKeys: Sendable, Equatable {
    package let user: String
    package let id: String
    /// Unpadded base64, like every key here.
    package let ed25519: String
    package let curve25519: String
    /// The owner's words.
    package let displayName: String?
    /// The owner's self-signing key, which the master key signed, signed this device.
    package let isCrossSigned: Bool
    /// The device says that it reads messages of encrypted rooms.
    package let readsRooms: Bool
    /// Nil where it is not kept.
    package private(set) var json: JSON?

    /// Reads an object `DeviceKeys`; nil unless it belongs to this user and device and signs itself.
    package init?(_ json: JSON, user: String, id: String, selfSigning: String? = nil) {
        guard json["user_id"]?.stringValue == user, json["device_id"]?.shortString == id, !id.isEmpty,
            let ed25519 = json["keys"]?["ed25519:\(id)"]?.stringValue, Self.isKey(ed25519),
            let curve25519 = json["keys"]?["curve25519:\(id)"]?.stringValue, Self.isKey(curve25519),
            MatrixSigned.verify(json, user: user, keyID: "ed25519:\(id)", key: ed25519)
        else { return nil }
        self.user = user
        self.id = id
        self.ed25519 = ed25519
        self.curve25519 = curve25519
        // By scalars: a single character may be as long as the answer.
        self.displayName = json["unsigned"]?["device_display_name"]?.stringValue.map {
            String(String.UnicodeScalarView($0.unicodeScalars.prefix(100)))
        }
        self.isCrossSigned = selfSigning.map { MatrixSigned.verify(json, user: user, key: $0) } ?? false
        self.readsRooms = json["algorithms"]?.arrayValue?.contains("m.megolm.v1.aes-sha2") ?? false
        self.json = json
    }

    /// Without the object, which may have any size.
    var bare: Self {
        var bare = self
        bare.json = nil
        return bare
    }

    /// A public key in the only accepted form, 32 bytes without padding: another text would be another name for the
    /// same key.
    static func isKey(_ text: String) -> Bool {
        text.utf8.count == 43 && !text.hasSuffix("=") && decodeUnpaddedBase64(text)?.count == 32
    }
}
