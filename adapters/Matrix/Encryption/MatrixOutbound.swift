internal import Olm

/// The session with which the bot writes into a room.
struct MatrixOutbound {
    let room: String
    let session: MegolmOutboundSession
    let createdAt: Int64
    var messages: Int
    /// The room's history visibility when it was made.
    let visibility: String
    /// Who has the key; with a reason, who was told why not.
    var shares: [MatrixDeviceName: String?]
}
