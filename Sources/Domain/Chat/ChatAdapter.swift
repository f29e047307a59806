// Change: another network
/// A connection to one chat network.
///
/// The core owns throttling of rooms, splitting, storage, threads, access and degradation; an adapter stays small: it
/// translates between bytes and values. It declares further abilities of its network by conforming to refinements of
/// this protocol, and per room in ``RoomTraits``.
package protocol ChatAdapter: Sendable {
    /// Stable across restarts; used in storage keys.
    var id: AdapterID { get }
    /// Turns Markdown into the network's markup.
    var renderer: any MessageRenderer { get }
    /// The connection's state, for `readyz`, `doctor` and metrics. No I/O.
    var status: AdapterStatus { get }
    /// Connects, reconnects and delivers until ``stop()`` or cancellation; returns only then. Never delivers two
    /// messages of one room concurrently.
    func run(delivering sink: any MessageSink) async throws
    /// Disconnects cleanly, which ends ``run(delivering:)``.
    func stop() async
    /// Cached facts about one room, no I/O.
    func traits(of room: RoomID) -> RoomTraits
    /// Returns once the network has accepted the message. While disconnected it throws; it never queues silently.
    /// Throws ``AdapterError``; ``AdapterError/isCertain`` says whether the message certainly did not arrive.
    @discardableResult func post(_ message: OutgoingMessage) async throws -> MessageReference
}

/// A network where a posted message can be replaced.
package protocol EditingAdapter: ChatAdapter {
    /// Returns once the network has accepted the new text. Repeating it is harmless. A
    /// ``OutgoingMessage/Stage/preview`` is followed by another text of the same message; a final may be the first edit
    /// after a restart.
    func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws
}

/// A network where a posted message can be deleted.
package protocol DeletingAdapter: ChatAdapter {
    /// Returns once the message is gone; one that was already gone is a success.
    func delete(_ reference: MessageReference, in route: Route) async throws
}

/// A network that can show a growing text before it is a message; such a draft vanishes by itself.
package protocol DraftingAdapter: ChatAdapter {
    /// Shows `message` in rooms with ``RoomTraits/Capabilities/drafts``; a later one with the same token replaces it,
    /// and the next post in the route ends it. Throws ``AdapterError``; a draft is never retried.
    func draft(_ message: OutgoingMessage) async throws
}

/// A network where people can send files, and get some.
package protocol FileAdapter: ChatAdapter {
    /// Downloads a file piece by piece, in order. Throws ``AdapterError``; an error of `write` ends the download and is
    /// passed on.
    func download(_ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws
    /// Returns once the network has accepted the file as a message. Throws like ``ChatAdapter/post(_:)``.
    @discardableResult func upload(_ file: OutgoingFile) async throws -> MessageReference
}

/// A network whose set-up can be checked beyond connecting to it.
package protocol DiagnosingAdapter: ChatAdapter {
    /// Checks credentials, permissions and settings with the platform, for `doctor`; the adapter need not be running.
    /// Bounded by the platform's own timeouts; never throws, an unreachable platform is a finding.
    func diagnose() async -> [AdapterFinding]
}

/// A network with a typing indicator.
package protocol TypingAdapter: ChatAdapter {
    /// Shows or hides the indicator in `route`. Never fails, because it is only cosmetic.
    func setTyping(_ isTyping: Bool, in route: Route) async
}

/// A network with emoji reactions.
package protocol ReactingAdapter: ChatAdapter {
    /// Adds or removes the bot's reaction. Throws ``AdapterError``, or nothing where the network doesn't say.
    ///
    /// - Parameter isNeeded: whether it is tried again after a failure that passes, such as what an ask offers; a mark isn't.
    func react(_ emoji: String, isOn: Bool, to reference: MessageReference, isNeeded: Bool) async throws
}

/// A network that can be asked whether a post of unknown outcome arrived.
package protocol ReconcilingAdapter: ChatAdapter {
    /// Looks for the message with `token`; nil when it is certainly not there. Throws when that is unknown.
    ///
    /// - Parameter isFile: whether it was an upload, see ``FileAdapter``.
    func find(token: String, isFile: Bool, in route: Route) async throws -> MessageReference?

    /// Whether the network recognises a repeat of a post by its token, so that repeating it is harmless.
    var recognisesRepeats: Bool { get }
}

extension ReconcilingAdapter {
    package var recognisesRepeats: Bool { false }
}

/// The state of a connection.
package struct AdapterStatus: Sendable, Equatable {
    /// As `readyz` reports it.
    package enum State: String, Sendable, CaseIterable {
        /// Not started, or waiting before the next attempt.
        case down
        /// Connecting or registering.
        case connecting
        /// Working.
        case up
        /// Refused for a reason that waiting does not fix (credentials, ban): an owner has to act.
        case refused
    }

    package var state: State
    /// When this state began, in milliseconds since 1970.
    package var since: Int64
    /// When the last event came, in milliseconds since 1970.
    package var lastEvent: Int64?
    /// One line for people: what is wrong and what to do.
    package var detail: String?

    package init(state: State, since: Int64, lastEvent: Int64? = nil, detail: String? = nil) {
        self.state = state
        self.since = since
        self.lastEvent = lastEvent
        self.detail = detail
    }
}

/// Why an adapter's operation failed.
package struct AdapterError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// No connection at the moment.
        case disconnected
        /// The network throttles us.
        case rateLimited
        /// The network does not permit it (not in the channel, banned, muted).
        case forbidden
        /// The room or message does not exist, or no longer.
        case notFound
        /// The network refuses the content.
        case invalid
        /// The message is there, but the network no longer lets the bot change it.
        case uneditable
        /// The credentials do not work.
        case unauthorized
        /// No answer in time: the outcome is unknown.
        case timedOut
    }

    package let code: Code
    /// One line: what failed and why.
    package let message: String
    /// How long to wait before the next attempt.
    package let retryAfter: Duration?
    /// True when the message certainly did not arrive; false when that is unknown.
    package let isCertain: Bool
    /// True when the adapter itself held the message back to keep within the network's limits.
    package let isOwnPace: Bool
    /// True when the room, or the route's thread in it, accepts nothing from the bot (archived, removed, locked, blocked):
    /// any other message would be refused, too. False when the network refuses this one message.
    package let isOfRoom: Bool

    package init(
        _ code: Code, _ message: String, retryAfter: Duration? = nil, isCertain: Bool = true, isOwnPace: Bool = false,
        isOfRoom: Bool = false
    ) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.isCertain = isCertain
        self.isOwnPace = isOwnPace
        self.isOfRoom = isOfRoom
    }
    package var description: String { self.message }
}

/// One result of checking a connection's set-up.
package struct AdapterFinding: Sendable, Equatable {
    package enum Severity: String, Sendable { case ok, warning, failed }

    package let severity: Severity
    /// One line: what was found, why, and what to do.
    package let text: String

    /// Nothing is wrong.
    package static func ok(_ text: String) -> Self { Self(severity: .ok, text: text) }
    /// Works with limitations.
    package static func warning(_ text: String) -> Self { Self(severity: .warning, text: text) }
    /// Does not work.
    package static func failed(_ text: String) -> Self { Self(severity: .failed, text: text) }
}
