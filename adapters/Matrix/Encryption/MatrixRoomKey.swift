internal import Olm

/// A key that reads messages of a room.
struct MatrixRoomKey: Sendable, Equatable {
    enum Source: String, Sendable {
        /// From the sender's device, over an encrypted channel.
        case device
        /// The bot's own.
        case own
        /// From the server-side backup: as true as the server.
        case backup
    }

    let room: String
    let session: String
    /// The person whose device sent it; nil when a backup did not say.
    var sender: String?
    /// The Curve25519 and Ed25519 keys of that device.
    var senderKey: String?
    var signingKey: String?
    var firstIndex: UInt32
    var source: Source
}

/// A reading session with what is known about its origin.
struct MatrixReadingKey {
    let facts: MatrixRoomKey
    let session: MegolmInboundSession
}
