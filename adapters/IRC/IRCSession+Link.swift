internal import Chat

extension IRCSession {
    /// How far a connection has come.
    enum Phase: Sendable, Equatable {
        case offline
        /// CAP is under way.
        case negotiating
        case authenticating
        /// CAP END is sent.
        case registering
        /// 001 came.
        case welcome
        /// The message of the day is over: commands may go.
        case ready
    }

    /// What ends at a certain time.
    enum Timer: Hashable, Sendable {
        case registration
        case login
        /// The message of the day did not end.
        case welcome
        /// The joins at the start are not all answered.
        case settling
        case silence
        case deadPeer
        case flood
        case confirmation
        case rejoin(ExactText)
        case regain
        case typing
        case sweep
        case proof
        case memory
    }

    /// What belongs to one connection.
    struct Link: Sendable {
        var id = ""
        var phase = Phase.offline
        var isSecure = false
        var capabilities = IRCCapabilities()
        var features = IRCFeatures()
        var bucket = IRCFloodBucket(.safe, now: 0)
        var timers: [Timer: Int64] = [:]
        /// When the last line came.
        var received = IRCTime(monotonic: 0, wall: 0)
        /// Why it ends, when we know it before the wire is gone.
        var ending: IRCEnding?

        /// Our nick at this moment.
        var nick = ""
        var nickTries = 0
        /// What the server shows of us, once learned.
        var user: String?
        var host: String?
        /// The services account that we are logged in to.
        var account: String?
        var isLoggedIn = false

        var channels: [ExactText: Channel] = [:]
        var people: [ExactText: Person] = [:]
        /// Where a person went that had this nick, for answers that are under way.
        var renames: [ExactText: ExactText] = [:]
        /// The server watches no more nicks for us.
        var isMonitorFull = false
        /// Channels whose first join is not answered yet.
        var unsettled: Set<ExactText> = []
        var batches: [String: Batch] = [:]

        /// Events without an id of the server's are counted.
        var events = 0
        var posts: [Post] = []
        var tickets: [Int: Ticket] = [:]
        /// Lines that wait for the bucket: our own commands before people's messages.
        var commands: [QueuedLine] = []
        var lastPost = 0
        /// The message that was answered last in each room.
        var answered: [RoomID: String] = [:]
        var lastRound = 0
        var typing: [RoomID: Typing] = [:]
        /// Replies to CTCP requests: how many may go, counted at a time.
        var replies = (left: 3, at: Int64(0))
        /// A PING of ours is out and nothing came since.
        var awaitsAnswer = false
        var readySince: Int64?
    }

    /// A channel that we are in or want to be in.
    struct Channel: Sendable {
        var name: String
        var isJoined = false
        /// Why we are not in it, for people.
        var refusal: String?
    }

    /// Somebody whom we share a channel with, or who spoke to us.
    struct Person: Sendable {
        var nick: String
        var user: String?
        var host: String?
        /// The services account; nil: none, or not known.
        var account: String?
        /// Keys of the channels that we share.
        var channels: Set<ExactText> = []
        /// Spoke to us in this connection, so that somebody may have paired the nick.
        var hasSpoken = false
        /// Away behind a netsplit until this time at most.
        var splitUntil: Int64?
        /// When the nick connected, as WHOIS tells it: the proof that nobody else has the nick now.
        var signedOn: String?
        var isMonitored = false
        var lastSpoke: Int64 = 0
        /// Messages that wait for the proof.
        var held: [InboundEvent] = []
        var proofDeadline: Int64?
    }

    /// Tries to get back into a channel.
    struct Rejoin: Sendable {
        var tries = 0
        var last: Int64 = 0
    }

    /// An open BATCH.
    struct Batch: Sendable {
        var type: String
        var target: String
        var label: String?
        /// The batch that it lies in.
        var parent: String?
        var lines = 0
        var lastID: String?
    }

    /// A line that waits for the bucket.
    struct QueuedLine: Sendable {
        var line: IRCOutgoingLine
        var cost: Int
        /// The round of confirmations that it asks for.
        var round: Int?
    }
}
