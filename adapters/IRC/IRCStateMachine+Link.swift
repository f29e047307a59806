internal import Chat
internal import Kit
internal import Primitives

extension IRCStateMachine {
    enum Phase: Sendable, Equatable {
        case offline
        case negotiating
        case authenticating
        /// CAP END has been sent.
        case registering
        /// 001 has arrived.
        case welcome
        /// The message of the day has ended; commands may be sent.
        case ready
    }

    enum Timer: Hashable, Sendable {
        case registration
        case login
        /// Expires if the message of the day does not end.
        case welcome
        /// Expires if not all initial joins are answered.
        case settling
        case silence
        case deadPeer
        case flood
        case confirmation
        case rejoin(ExactText)
        case regain
        /// Expires if services do not answer, or the nick stays taken.
        case reclaim
        case typing
        case sweep
        case proof
        /// Expires if a WHOIS before a private line is not answered.
        case check
        /// No further lines are expected.
        case talk(Speaker)
        case memory
    }

    /// The state of one connection.
    struct Link: Sendable {
        var id = ""
        var phase = Phase.offline
        var isSecure = false
        /// Ours for SCRAM.
        var nonce = ""
        var capabilities = IRCCapabilities()
        var features = IRCFeatures()
        /// How often the casemapping has changed.
        var refolds = 0
        var bucket = IRCFloodBucket(.safe, now: 0)
        var timers: [Timer: Int64] = [:]
        /// When the last line arrived.
        var received = AdapterTime(monotonic: 0, wall: 0)
        /// Why the connection is ending, if known before it is closed.
        var ending: IRCEnding?

        /// Our current nick.
        var nick = ""
        /// Refused nicks during the registration.
        var nickTries = 0
        /// The longest nick that the server seems to accept, before NICKLEN.
        var nickLimit: Int?
        var reclaim: Reclaim?
        /// Our user and host as the server shows them, once known.
        var user: String?
        var host: String?
        var login: Login?
        var isLoggedIn = false

        var channels: [ExactText: Channel] = [:]
        var people: [ExactText: Person] = [:]
        /// Who is in each channel, so that leaving one does not cost a look at everybody.
        var members: [ExactText: Set<ExactText>] = [:]
        /// Since strangers were last counted.
        var strangerMessages = 0
        /// New nicks by old nick, for answers on their way to the old one.
        var renames: [ExactText: ExactText] = [:]
        /// Nicks that MONITOR was asked to watch.
        var monitored: Set<ExactText> = []
        /// Those of them that the server has reported as online, and not as offline since.
        var online: Set<ExactText> = []
        /// Holders of nicks by WHOIS.
        var holders: [ExactText: Holder] = [:]
        /// The parts of WHOIS replies that have arrived.
        var whois: [ExactText: Holder] = [:]
        /// Nicks whose holder was asked for before a private line, and when to give up.
        var checks: [ExactText: Int64] = [:]
        /// Whether the server's MONITOR list is full.
        var isMonitorFull = false
        /// Channels whose first join has not been answered.
        var unsettled: Set<ExactText> = []
        var batches: [String: Batch] = [:]
        /// Channels and people whose missed lines were requested and have not all arrived, with the pages requested.
        var histories: [ExactText: Int] = [:]
        /// Channels whose newest lines were requested, to be remembered.
        var latest: [ExactText: Latest] = [:]
        /// What people have just said to us.
        var talks: [Speaker: Talk] = [:]
        /// People whose missed queries were requested.
        var historyTargets = 0

        /// Numbers the events to which the server gives no id.
        var events = 0
        var posts: [Post] = []
        /// The server has refused a batch, so lines are sent one by one.
        var refusesMultiline = false
        var tickets: [Int: Ticket] = [:]
        /// Commands waiting for the bucket; they are sent before people's messages, alternating with them.
        var commands: [QueuedLine] = []
        var lastPost = 0
        /// The answer that the last line in each room belongs to.
        var answers: [RoomID: Answer] = [:]
        var lastRound = 0
        var typing: [RoomID: Typing] = [:]
        /// The CTCP replies that people may cause: three at once, then one every five seconds.
        var replies = TokenBucket(capacity: 3, interval: 5_000, at: 0)
        /// The joins by invitation. Without one, the next try to join makes use of the invitation.
        var invitations = TokenBucket(capacity: 3, interval: 5_000, at: 0)
        /// The lines that may verify strangers' nicks.
        var proofs = TokenBucket(capacity: 3, interval: 5_000, at: 0)
        /// Whether the last paced line was a command, so that the turn is with people's messages.
        var owesPost = false
        /// Whether our PING is unanswered; any line counts as an answer.
        var awaitsAnswer = false
        var readySince: Int64?
        /// Nothing more is sent for people.
        var isLeaving = false
    }

    /// A login in progress.
    struct Login: Sendable {
        let mechanism: IRCSettings.SASL.Mechanism
        /// The server named no mechanisms before this one was chosen.
        let isGuess: Bool
        /// The mechanisms that the server lists in 908.
        var listed: [Substring] = []
        /// The part of the server's message that has arrived, in base64.
        var incoming = ""
        /// The server has asked for the first message of the mechanism.
        var hasBegun = false
        var scram: IRCSCRAM?
    }

    /// An attempt to take our nick back with the help of services.
    struct Reclaim: Sendable {
        /// The commands not yet tried.
        var commands = IRCStateMachine.reclaimCommands[...]
        /// Whether NICK was sent after the last command.
        var hasTaken = false
    }

    /// A configured channel.
    struct Channel: Sendable {
        var name: String
        var isJoined = false
        /// Why the bot is not in it, as shown to people.
        var refusal: String?
    }

    /// A person who shares a channel with us or has written to us.
    struct Person: Sendable {
        var nick: String
        var user: String?
        var host: String?
        /// Their folded `user@host` before a CHGHOST.
        var earlierMasks: Set<ExactText> = []
        /// The services account; nil if there is none or it is unknown.
        var account: String?
        /// Keys of the shared channels.
        var channels: Set<ExactText> = []
        /// Whether they have written to us in this connection, so that the nick may be paired.
        var hasSpoken = false
        /// The number of the first line that is theirs for certain, if they have spoken.
        var firstLine = 0
        /// Lost in a netsplit; the identity ends at this time if they have not returned.
        var splitUntil: Int64?
        /// The sign-on time from WHOIS. If it is unchanged, the nick still belongs to the same person.
        var signedOn: String?
        /// Whether the bot has written to them since their identity began.
        var isAnswered = false
        var lastSpoke: Int64 = 0
        /// Messages waiting for that check.
        var held: [InboundEvent] = []
        var proofDeadline: Int64?
    }

    /// Attempts to rejoin a channel.
    struct Rejoin: Sendable {
        var tries = 0
        var last: Int64 = 0
    }

    /// An open BATCH.
    struct Batch: Sendable {
        var type: String
        var target: String
        var label: String?
        /// The reference of the enclosing batch.
        var parent: String?
        var lines = 0
        var lastID: String?
        /// The message that the batch is.
        var message: Multiline?
    }

    /// A line waiting for the bucket.
    struct QueuedLine: Sendable {
        var line: IRCOutgoingLine
        var cost: Int
        /// For a PING: the round of posts that its PONG confirms.
        var round: Int?
    }
}
