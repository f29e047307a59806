package import JSON
internal import Olm

/// A device of a person.
struct MatrixDeviceName: Sendable, Hashable {
    let user: String
    let device: String
}

/// What is known about a person's keys.
struct MatrixPersonKeys: Sendable, Equatable {
    struct Device: Sendable, Equatable {
        let id: String
        let ed25519: String
        let curve25519: String
        var name: String?
        /// Signed by its owner's cross-signing identity.
        var isSigned: Bool
        /// No longer on the server; still vouches for what it sent before.
        var isRemoved = false
    }

    let user: String
    /// The server said that something changed, or nothing is known yet.
    var isOutdated = true
    /// The master key that the server shows now.
    var master: String?
    /// The master key that was compared, or accepted by an owner.
    var verified: String?
    /// The first master key that was seen.
    var pinned: String?
    var devices: [String: Device] = [:]
    /// The last answer of the server in this run.
    var keys: MatrixUserKeys?

    /// The identity is another one than the one known before, and nobody has accepted it.
    var hasChanged: Bool {
        guard let known = self.verified ?? self.pinned else { return false }
        return self.master != known
    }

    var isVerified: Bool { self.verified != nil && self.master == self.verified }
}

/// What is known about an encrypted room.
struct MatrixCipherRoom: Sendable, Equatable {
    /// After this time in milliseconds, and after so many messages, the outbound session is replaced.
    var rotationTime: Int64 = 604_800_000
    var rotationMessages = 100
    /// The history visibility: who may read what was written before they came.
    var visibility = "shared"
    /// The members are complete.
    var knowsMembers = false
    /// Members and invited people.
    var members: [String: Bool] = [:]

    /// Everybody who may read what is written now: invited people too, unless history is for members only.
    var readers: Set<String> {
        Set(self.members.filter { !$0.value || self.visibility != "joined" }.keys)
    }

    /// Notes a member event; returns the user whose membership it changes.
    @discardableResult mutating func apply(membership event: MatrixEvent) -> String? {
        guard event.type == .member, let user = event.stateKey else { return nil }
        let membership = event.content["membership"]?.stringValue
        let isInvited: Bool? = membership == "join" ? false : membership == "invite" ? true : nil
        guard self.members[user] != isInvited else { return nil }
        self.members[user] = isInvited
        return user
    }

    mutating func apply(_ encryption: JSON) {
        if let time = encryption["rotation_period_ms"]?.intValue, time > 0 {
            // An hour at least, so that a hostile room cannot make the bot share keys all the time.
            self.rotationTime = max(3_600_000, Int64(time))
        }
        if let messages = encryption["rotation_period_msgs"]?.intValue, messages > 0 { self.rotationMessages = messages }
    }
}

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

/// A message to devices, on its way.
struct MatrixParcel: Sendable, Equatable {
    let transaction: String
    let type: String
    /// `{"messages": {user: {device: content}}}`
    let body: JSON
}

/// An encrypted event's content: the only thing that may be sent as a message into an encrypted room.
package struct MatrixSealed: Sendable, Equatable {
    /// The content of `m.room.encrypted`.
    package let content: JSON

    /// Only ``MatrixEncryption`` seals.
    init(sealedContent: JSON) { self.content = sealedContent }
}

/// Events that ``MatrixEncryption`` has read.
package struct MatrixOpened: Sendable {
    /// By event id.
    package var events: [String: MatrixEvent] = [:]
    /// Events whose key came after them, by room.
    package var late: [String: [MatrixEvent]] = [:]
    /// The keys that had come when the late events were tried.
    var news = 0

    package static let none = Self()

    package init() {}
}

/// Something to say in a room about its encryption.
package struct MatrixKeyNotice: Sendable, Equatable {
    package var room: String
    package var thread: String?
    /// Nil says that a key is missing, if it still is after a moment.
    package var text: String?
    /// Distinguishes it from others; it is said once.
    package var name: String
    /// The event that it is about.
    package var event: String?
}
