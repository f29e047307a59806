internal import JSON

/// A stream of JetStream: messages of some subjects that the server keeps for a while.
package struct NATSStream: Sendable {
    package enum Storage: String, Sendable {
        case file, memory
    }

    /// Without `.`, `*`, `>`, `/`, `\` and spaces.
    package let name: String
    package let subjects: [String]
    package let storage: Storage
    package let maxAge: Duration
    package let maxBytes: Int
    /// For how long a message's id is remembered.
    package let duplicateWindow: Duration

    package init(
        name: String, subjects: [String], storage: Storage, maxAge: Duration, maxBytes: Int = 256 << 20,
        duplicateWindow: Duration
    ) {
        self.name = name
        self.subjects = subjects
        self.storage = storage
        self.maxAge = maxAge
        self.maxBytes = maxBytes
        self.duplicateWindow = duplicateWindow
    }

    /// As in JetStream's API, https://docs.nats.io/reference/reference-protocols/nats_api_reference.
    var configuration: JSON {
        [
            "name": .string(self.name), "subjects": .array(self.subjects.map(JSON.string)),
            "storage": .string(self.storage.rawValue), "retention": "limits", "discard": "old", "num_replicas": 1,
            "max_age": JSON(self.maxAge.nanoseconds), "max_bytes": JSON(self.maxBytes), "max_msgs": -1,
            "max_consumers": -1, "max_msg_size": -1, "duplicate_window": JSON(self.duplicateWindow.nanoseconds),
        ]
    }
}

extension Duration {
    var nanoseconds: Int64 { self.components.seconds * 1_000_000_000 + self.components.attoseconds / 1_000_000_000 }
}
