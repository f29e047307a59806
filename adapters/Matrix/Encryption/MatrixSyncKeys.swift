internal import JSON

/// What one answer to `/sync` says about encryption.
///
/// https://spec.matrix.org/v1.16/client-server-api/#extensions-to-sync
struct MatrixSyncKeys: Sendable {
    /// A message to this device.
    struct Message: Sendable {
        let type: String
        let sender: String
        let content: JSON

        init?(_ json: JSON) {
            guard let type = json["type"]?.stringValue, let sender = json["sender"]?.shortString,
                sender.hasPrefix("@")
            else { return nil }
            self.type = type
            self.sender = sender
            self.content = json["content"] ?? [:]
        }
    }

    let messages: [Message]
    /// People whose devices changed, and those who no longer share an encrypted room.
    let changed: [String]
    let left: [String]
    /// The one-time keys on the server; nil when it did not say, while 0 is a count.
    let oneTimeKeys: Int?
    let isFallbackUnused: Bool?
    /// Who uses the device's keys, if that changed.
    let stamp: MatrixKeyStamp?
    let rooms: MatrixSync?

    /// The most messages of one answer; servers send some hundred.
    static let messageLimit = 10_000

    init(_ json: JSON) {
        let messages = (json["to_device"]?["events"]?.arrayValue ?? []).prefix(Self.messageLimit)
        self.messages = messages.compactMap { Message($0) }
        self.changed = Self.names(json["device_lists"]?["changed"])
        self.left = Self.names(json["device_lists"]?["left"])
        self.oneTimeKeys = json["device_one_time_keys_count"]?.objectValue.map { Self.oneTimeKeys(.object($0)) }
        self.isFallbackUnused = json["device_unused_fallback_key_types"]?.arrayValue.map {
            $0.contains("signed_curve25519")
        }
        self.stamp = (json["account_data"]?["events"]?.arrayValue ?? []).last {
            $0["type"] == .string(MatrixKeyStamp.type)
        }
        .flatMap { MatrixKeyStamp($0["content"]) }
        self.rooms = MatrixSync(json)
    }

    /// How many one-time keys the server says that it holds.
    static func oneTimeKeys(_ counts: JSON?) -> Int { max(0, counts?["signed_curve25519"]?.intValue ?? 0) }

    private static func names(_ json: JSON?) -> [String] { (json?.arrayValue ?? []).compactMap(\.stringValue) }
}
