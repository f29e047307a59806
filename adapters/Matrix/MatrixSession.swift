package import Chat
package import HTTP
package import Primitives

/// What a Matrix connection does, as a value: input and time in, actions out. No I/O, no clock, no randomness.
///
/// The main line is a chain: each ``Action/request(_:)`` is answered before anything else of it happens, so that an
/// acknowledgement (the next sync) never overtakes a delivery. Joining, receipts and the like happen aside. The topics
/// are in files of their own: `+SignIn`, `+Sync`, `+Rooms`, `+Messages`, `+Sending`, `+Traits`.
package struct MatrixSession: Sendable {
    /// What happened.
    package enum Input: Sendable {
        /// Begin, or go on after an ``Action/wait(_:)``.
        case begin
        /// The answer to a request of the main line.
        case answer(MatrixRequest.Purpose, MatrixAnswer)
        /// The answer to a request made aside.
        case answerAside(MatrixRequest.Purpose, MatrixAnswer)
        /// Whether the one who invited us to `room` may.
        case decided(room: String, isAllowed: Bool)
    }

    /// What has to be done, in this order.
    package enum Action: Sendable {
        /// Ask, and give back the answer; nothing else of the main line happens meanwhile.
        case request(MatrixRequest)
        /// The homeserver's API is there.
        case use(HTTPURL)
        /// Wait a time within these milliseconds, picked at random so that many bots do not come at once; then begin.
        case wait(ClosedRange<Int64>)
        case deliver(InboundEvent)
        /// Ask aside, after some milliseconds.
        case aside(MatrixRequest, after: Int64)
        /// Find out whether `sender` may invite us to `room`, or begin a direct conversation there to pair.
        case ask(room: String, Sender, isDirect: Bool)
        /// Send a notice of our own aside; what becomes of it does not matter.
        case say(MatrixOutgoing)
        case status(AdapterStatus.State, detail: String?)
        /// Keep it; at once when it is urgent, else soon.
        case remember(MatrixMemory, isUrgent: Bool)
        case log(Level, String)
    }

    /// How important a log line is.
    package enum Level: Sendable { case debug, info, warning, error }

    /// What is known of an event that was seen.
    struct Note: Sendable {
        var isOwn: Bool
        var thread: String?
    }

    let settings: MatrixSettings
    let adapter: AdapterID
    /// Off for a mere look: invitations are left alone.
    let answersInvitations: Bool
    package internal(set) var memory: MatrixMemory
    var now: MatrixTime
    var actions: [Action] = []
    /// The token works and the account is the right one.
    var isSignedIn = false
    /// A sync was answered in this run, so that all rooms are known as they are.
    var isInSync = false
    /// The token was taken since it was last refused.
    var hasWorked = false
    /// Where the homeserver's API was found.
    var discovered: HTTPURL?
    /// Why the configured address is none, while the server is asked where it is.
    var doubt: String?
    /// When the server was last heard of on the main line.
    var heardAt: Int64 = 0
    /// Tries that failed since the last one that held.
    var failures = 0
    /// Why the server refused us, until it no longer does.
    var refusal: String?
    var batch: Batch?
    /// Tries to join, by room: of invitations, and of rooms that took the place of others.
    var joinTries: [String: Int] = [:]
    /// What an earlier run left unfinished was taken up again.
    var hasResumed = false
    /// How long the server may hold a sync, in milliseconds; shorter behind a proxy that does not wait so long.
    var pollTime = MatrixRequest.pollTime
    var notes = RecentMap<String, Note>(capacity: 4_096)
    /// The latest event of each thread, by its root.
    var latest = RecentMap<String, String>(capacity: 2_048)
    /// Names that people gave themselves.
    var names = RecentMap<String, String>(capacity: 4_096)
    var budget: MatrixBudget
    /// Texts that were put into messages: what they are, and how often they changed.
    var edits = RecentMap<String, EditMark>(capacity: 1_024)
    /// The most bytes of a text that the server takes.
    var textLimit = 14_000
    /// What ``textLimit`` may not fall below.
    static let shortestTextLimit = 1_000
    /// The most bytes of a file that the server takes.
    var uploadLimit = 50 << 20
    var incoming: MatrixIncomingText

    package init(
        settings: MatrixSettings, memory: MatrixMemory? = nil, answersInvitations: Bool = true, at now: MatrixTime
    ) {
        self.settings = settings
        self.adapter = AdapterID("matrix:\(settings.id)")
        self.answersInvitations = answersInvitations
        self.memory = memory ?? MatrixMemory(account: Self.account(settings))
        self.now = now
        self.budget = MatrixBudget(
            pace: self.memory.pace, isWide: self.memory.isWide, isContinued: self.memory.since != nil, at: now.monotonic
        )
        self.incoming = MatrixIncomingText(user: settings.user, displayName: nil)
    }

    /// Whose memory a session with these settings may go on with.
    package static func account(_ settings: MatrixSettings) -> String {
        "\(settings.user) \(settings.homeserver.origin)"
    }

    /// Takes one input at one moment.
    package mutating func handle(_ input: Input, at now: MatrixTime) -> [Action] {
        self.now = now
        switch input {
        case .begin: self.begin()
        case .answer(let purpose, let answer): self.receive(answer, for: purpose)
        case .answerAside(let purpose, let answer): self.receiveAside(answer, for: purpose)
        case .decided(let room, let isAllowed): self.decide(room, isAllowed)
        }
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// The token, once there is one.
    package var token: Secret? {
        switch self.settings.credential {
        case .accessToken(let token): token
        case .password: self.memory.device?.token
        }
    }

    mutating func act(_ action: Action) { self.actions.append(action) }

    mutating func log(_ level: Level, _ text: String) { self.act(.log(level, text)) }

    mutating func request(_ request: MatrixRequest) { self.act(.request(request)) }

    private mutating func begin() {
        if self.isSignedIn { return self.requestSync(isWaiting: self.failures == 0 && self.isInSync) }
        self.signIn()
    }

    private mutating func receive(_ answer: MatrixAnswer, for purpose: MatrixRequest.Purpose) {
        if case .success = answer { self.heardAt = self.now.monotonic }
        switch purpose {
        case .wellKnown: self.receiveWellKnown(answer)
        case .versions: self.receiveVersions(answer)
        case .loginFlows: self.receiveLoginFlows(answer)
        case .login: self.receiveLogin(answer)
        case .refresh: self.receiveRefresh(answer)
        case .whoAmI: self.receiveWhoAmI(answer)
        case .displayName: self.receiveDisplayName(answer)
        case .mediaLimit: self.receiveMediaLimit(answer)
        case .sync(let since): self.receiveSync(answer, since: since)
        case .gap(let room): self.receiveGap(answer, in: room)
        case .event(_, let id): self.receiveLookup(answer, of: id)
        case .join, .leave, .upgrade, .receipt, .typing, .send, .look: break
        }
    }

    // MARK: Trouble

    /// Waiting may mend it: tries again, ever later.
    mutating func retry(_ reason: String, after retryAfter: Int64? = nil) {
        self.failures += 1
        self.batch = nil
        if self.refusal == nil { self.act(.status(.down, detail: reason)) }
        self.log(self.failures == 1 ? .info : .warning, "\(reason); trying again")
        let most: Int64 = min(60_000, 1_000 << Int64(min(self.failures - 1, 10)))
        let wait = max(most, retryAfter ?? 0)
        self.act(.wait((retryAfter ?? wait / 2)...wait))
    }

    /// Somebody has to act: says so once, and looks again every ten minutes, the first time soon if it may be a mistake.
    mutating func refuse(_ reason: String, isSoon: Bool = false) {
        self.isSignedIn = false
        self.batch = nil
        self.discovered = nil
        if self.refusal != reason { self.log(.error, reason) }
        self.refusal = reason
        self.act(.status(.refused, detail: reason))
        self.act(.wait(isSoon ? 10_000...15_000 : 600_000...660_000))
    }
}
