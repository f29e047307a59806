/// A connection to one chat network.
///
/// The core owns throttling of rooms, splitting, the ledger, threads, access and degradation; an adapter stays small:
/// it turns bytes into values and values into bytes. What a network can do beyond this protocol it says by conforming
/// to a refinement, and per room by ``RoomTraits``.
public protocol ChatAdapter: Sendable {
    /// Stable across restarts; used in storage keys.
    var id: AdapterID { get }
    /// Turns Markdown into the network's markup.
    var renderer: any MessageRenderer { get }
    /// How the connection is, for `readyz`, `doctor` and metrics. No I/O.
    var status: AdapterStatus { get }
    /// Connects, reconnects and delivers until ``stop()`` or cancellation; returns only then. Never delivers two
    /// messages of one room concurrently.
    func run(delivering sink: any MessageSink) async throws
    /// Says good-bye to the network and lets ``run(delivering:)`` return.
    func stop() async
    /// Cached facts about one room, no I/O.
    func traits(of room: RoomID) -> RoomTraits
    /// Returns once the network has accepted the message. While disconnected it throws; it never queues silently.
    /// Throws ``AdapterError``; ``AdapterError/isCertain`` tells whether the message surely did not arrive.
    @discardableResult func post(_ message: OutgoingMessage) async throws -> MessageReference
}

/// A network where a posted message can be replaced.
public protocol EditingAdapter: ChatAdapter {
    /// Returns once the network has accepted the new text. Repeating it is harmless. A
    /// ``OutgoingMessage/Stage/preview`` is followed by another text of the same message; a final may be the first edit
    /// after a restart.
    func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws
}

/// A network where a posted message can be taken back.
public protocol DeletingAdapter: ChatAdapter {
    /// Returns once the message is gone; that it was gone already is success.
    func delete(_ reference: MessageReference, in route: Route) async throws
}

/// A network that can show a growing text that is no message yet and vanishes by itself.
public protocol DraftingAdapter: ChatAdapter {
    /// Shows `message` in rooms with ``RoomTraits/Capabilities/drafts``; a later one with the same token takes its
    /// place, and the next post in the route ends it. Throws ``AdapterError``; a draft is never repeated.
    func draft(_ message: OutgoingMessage) async throws
}

/// A network with files.
public protocol FileAdapter: ChatAdapter {
    /// Fetches a file piece by piece, in order; ends early when `write` throws, with that error. Throws
    /// ``AdapterError``.
    func download(_ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws
    /// Returns once the network has accepted the file as a message. Throws as ``ChatAdapter/post(_:)``.
    @discardableResult func upload(_ file: OutgoingFile) async throws -> MessageReference
}

/// A network whose set-up can be looked into beyond whether a connection can be made.
public protocol DiagnosingAdapter: ChatAdapter {
    /// Asks the platform about credentials, rights and settings without running: for `doctor`. Bounded by the
    /// platform's own timeouts; never throws, an unreachable platform is a finding.
    func diagnose() async -> [AdapterFinding]
}

/// A network that shows that somebody is typing.
public protocol TypingAdapter: ChatAdapter {
    /// Shows or hides the sign in `route`. Never fails: it is decoration.
    func setTyping(_ isTyping: Bool, in route: Route) async
}

/// A network with emoji reactions.
public protocol ReactingAdapter: ChatAdapter {
    /// Adds or removes our reaction. Never fails: it is decoration.
    func react(_ emoji: String, isOn: Bool, to reference: MessageReference) async
}

/// A network that can be asked whether a post of unknown outcome arrived.
public protocol ReconcilingAdapter: ChatAdapter {
    /// Looks for the message with `token`; nil when it surely is not there. Throws when that cannot be told.
    func find(token: String, in route: Route) async throws -> MessageReference?
}

/// How a connection is.
public struct AdapterStatus: Sendable, Equatable {
    /// The state by the words of `readyz`.
    public enum State: String, Sendable {
        /// Not started, or waiting before the next try.
        case down
        /// Connecting or registering.
        case connecting
        /// Working.
        case up
        /// Refused for a reason that waiting does not mend (credentials, ban): an owner has to act.
        case refused
    }

    /// The state.
    public var state: State
    /// Since when, in milliseconds since 1970.
    public var since: Int64
    /// When the last event came, in milliseconds since 1970.
    public var lastEvent: Int64?
    /// One line for people: what is wrong and what to do.
    public var detail: String?

    /// Makes a status.
    public init(state: State, since: Int64, lastEvent: Int64? = nil, detail: String? = nil) {
        self.state = state
        self.since = since
        self.lastEvent = lastEvent
        self.detail = detail
    }
}

/// Why an adapter could not do what it was asked.
public struct AdapterError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// No connection at the moment.
        case disconnected
        /// The network says: later.
        case rateLimited
        /// The network does not let us (not in the channel, banned, muted).
        case forbidden
        /// The room or message does not exist.
        case notFound
        /// The network refuses the content.
        case invalid
        /// The credentials do not work.
        case unauthorized
        /// No answer in time: the outcome is unknown.
        case timedOut
    }

    /// The kind of failure.
    public let code: Code
    /// One line: what failed and why.
    public let message: String
    /// When to try again.
    public let retryAfter: Duration?
    /// True when the message surely did not arrive; false when that is unknown.
    public let isCertain: Bool
    /// True when the network was not asked: the adapter itself keeps to the network's limits.
    public let isOwnPace: Bool

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, retryAfter: Duration? = nil, isCertain: Bool = true, isOwnPace: Bool = false
    ) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.isCertain = isCertain
        self.isOwnPace = isOwnPace
    }
    /// The text form.
    public var description: String { self.message }
}
