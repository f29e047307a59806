package import Chat
package import HTTP
package import Kit
package import Logging
package import Primitives

/// The logic of a Matrix connection as a value: input and time in, actions out. No I/O, no clock, no randomness.
///
/// The main line is sequential: each ``Action/request(_:)`` is answered before the next step, so that an
/// acknowledgement (the next sync) never overtakes a delivery. Joins, receipts and similar requests run aside.
package struct MatrixStateMachine: Sendable {
    package enum Input: Sendable {
        /// Start, or resume after an ``Action/wait(_:)``.
        case begin
        /// The answer to a request of the main line, with the encrypted events in it that could be read.
        case answer(MatrixRequest.Purpose, MatrixAnswer, opened: MatrixOpened = .none)
        /// This person has no role, so nothing is looked up for them in the present batch.
        case stranger(String)
        /// The answer to a request made aside.
        case answerAside(MatrixRequest.Purpose, MatrixAnswer)
        /// Whether the inviter may invite the bot to `room`.
        case decided(room: String, isAllowed: Bool)
        /// The keys of the device are lost: sign in as a new one.
        case deviceLost(String)
        /// Another process uses the device; expected where several hosts take turns.
        case superseded(String, isExpected: Bool)
    }

    package enum Action: Sendable {
        /// Send it and return the answer before doing anything else on the main line.
        case request(MatrixRequest)
        /// Use this base address for the homeserver's API.
        case use(HTTPURL)
        /// Wait for a random time in this range of milliseconds, so that bots do not reconnect all at once; then begin.
        case wait(ClosedRange<Int64>)
        case deliver(InboundEvent)
        /// Open the encryption keys of this device before anything else.
        case openKeys(device: String)
        /// The events of a sync were delivered.
        case settle
        /// Send it aside, after a delay in milliseconds.
        case aside(MatrixRequest, after: Int64)
        /// Mark messages as read aside, after a delay in milliseconds, with the request of ``takeReceipt(_:)``.
        case markRead(ReadMark, after: Int64)
        /// Find out whether the sender may invite the bot to `room`, or start a direct conversation there to pair.
        case ask(room: String, Sender, isDirect: Bool)
        /// Send a notice aside; its outcome does not matter.
        case say(MatrixOutgoing)
        case status(AdapterStatus.State, detail: String?)
        /// Save it: at once when urgent, otherwise soon.
        case remember(MatrixMemory, isUrgent: Bool)
        case log(LogLevel, String)
    }

    /// The known facts about an event.
    struct Note: Sendable {
        var isOwn: Bool
        /// Nil if it cannot be read.
        var sender: String?
        var thread: String?
        /// Somebody deleted it.
        var isRedacted = false
    }

    /// One mark of what the bot has read in a room, or in one of its threads.
    package struct ReadMark: Sendable, Hashable {
        struct Place: Sendable, Hashable {
            let room: String
            /// The thread's root.
            let thread: String?
        }

        let place: Place
        let number: Int
    }

    let settings: MatrixSettings
    let adapter: AdapterID
    /// False ignores invitations.
    let answersInvitations: Bool
    /// Encrypted rooms are read and written; otherwise they are refused.
    let encrypts: Bool
    /// Why the encryption does not work as it should; shown with the status.
    package var keyTrouble: String?
    /// The encrypted events of the present answer that could be read.
    var opened = MatrixOpened.none
    package internal(set) var memory: MatrixMemory
    var now: AdapterTime
    var actions: [Action] = []
    /// The token works and belongs to the configured account.
    var isSignedIn = false
    /// A sync was answered in this run, so the state of all rooms is current.
    var isInSync = false
    /// The token was accepted since it was last refused.
    var hasWorked = false
    /// The address at which the homeserver's API was found.
    var discovered: HTTPURL?
    /// Why the configured address has no API, while discovery tries the server's name.
    var doubt: String?
    /// When the server last answered on the main line (monotonic, in milliseconds).
    var heardAt: Int64 = 0
    /// Failures since the last success.
    var failures = 0
    /// Failed requests of the present batch, which was repeated for them.
    var batchFailures = 0
    /// Why the server refuses the bot; nil once it no longer does.
    var refusal: String?
    /// Another process uses the device: this one does nothing more.
    var isSuperseded = false
    var batch: Batch?
    /// Attempts to join, by room: for invitations and upgrades.
    var joinTries: [String: Int] = [:]
    /// Notices about encrypted rooms, which ``sayNotices()`` sends at the end of a sync.
    var notices: [(user: String, room: String, text: String)] = []
    /// The unfinished work of an earlier run was resumed.
    var hasResumed = false
    /// How long the server may hold a sync, in milliseconds; shorter behind a proxy that times out.
    var pollTime = MatrixRequest.pollTime
    var notes = RecentMap<String, Note>(capacity: 4_096)
    /// The newest message that is to be marked as read in each place, with the mark that will do it.
    var unmarked: [ReadMark.Place: (event: String, mark: ReadMark)] = [:]
    var lastMark = 0
    /// The latest event of each thread, by its root.
    var latest = RecentMap<String, String>(capacity: 2_048)
    /// Display names by user id.
    var names = RecentMap<String, String>(capacity: 4_096)
    /// Who may read what was said in a room before they came, as the server said when it was asked.
    var visibilities = RecentMap<String, String>(capacity: 512)
    /// How often one of them may have changed.
    var visibilityChanges = 0
    var budget: MatrixBudget
    /// The last edit of each message.
    var edits = RecentMap<String, EditMark>(capacity: 1_024)
    /// Rooms that the bot was in during this run, with their titles.
    var lost = RecentMap<String, String>(capacity: 1_024)
    /// The maximum bytes of a text; halved when the server rejects a text as too large.
    var textLimit = 14_000
    /// The maximum in an encrypted room: ciphertext is a third longer, so an event holds about 48,000 bytes.
    static let encryptedTextLimit = 9_000
    /// The minimum of ``textLimit``.
    static let shortestTextLimit = 1_000
    /// The maximum bytes of a file that the server accepts.
    var uploadLimit = 50 << 20
    var incoming: MatrixIncomingText

    package init(
        settings: MatrixSettings, memory: MatrixMemory? = nil, answersInvitations: Bool = true,
        encrypts: Bool = false, at now: AdapterTime
    ) {
        self.settings = settings
        self.encrypts = encrypts
        self.adapter = AdapterID("matrix:\(settings.id)")
        self.answersInvitations = answersInvitations
        self.memory = memory ?? MatrixMemory(account: Self.account(settings))
        self.now = now
        self.budget = MatrixBudget(
            pace: self.memory.pace, isWide: self.memory.isWide, isContinued: self.memory.since != nil, at: now.monotonic
        )
        self.incoming = MatrixIncomingText(user: settings.user, displayName: nil)
    }

    /// Identifies the memory that belongs to these settings.
    package static func account(_ settings: MatrixSettings) -> String {
        "\(settings.user) \(settings.homeserver.origin)"
    }

    package mutating func handle(_ input: Input, at now: AdapterTime) -> [Action] {
        self.now = now
        switch input {
        case .begin: self.begin()
        case .answer(let purpose, let answer, let opened):
            self.opened = opened
            self.receive(answer, for: purpose)
        case .stranger(let user): self.skipLookups(for: user)
        case .deviceLost(let reason): self.renewDevice(reason)
        case .superseded(let reason, let isExpected): self.stop(reason, isExpected: isExpected)
        case .answerAside(let purpose, let answer): self.receiveAside(answer, for: purpose)
        case .decided(let room, let isAllowed): self.decide(room, isAllowed)
        }
        defer { self.actions.removeAll() }
        return self.actions
    }

    /// The configured token, or the one from the password login.
    package var token: Secret? {
        switch self.settings.credential {
        case .accessToken(let token): token
        case .password: self.memory.device?.token
        }
    }

    /// An edit carries its text up to three times within the 60,000 bytes of an event.
    package func traits(of room: RoomID, at now: AdapterTime) -> RoomTraits {
        let isEncrypted = self.memory.encrypted.contains(room.name)
        let capabilities: RoomTraits.Capabilities = [
            .edits, .reactions, .typing, .threads, .files, .history, .deletes, .quiet,
        ]
        return RoomTraits(
            capabilities: isEncrypted ? capabilities.union(.encrypted) : capabilities,
            textLimit: isEncrypted ? min(self.textLimit, Self.encryptedTextLimit) : self.textLimit, textUnit: .bytes,
            editInterval: .milliseconds(self.budget.editInterval(at: now.monotonic)),
            finalInterval: .zero, previewDelay: .milliseconds(300), uploadLimit: self.uploadLimit, times: .relative,
            commandSign: "!", names: self.incoming.names,
            title: self.memory.rooms[room.name]?.title ?? self.lost[room.name].flatMap { $0.isEmpty ? nil : $0 })
    }

    mutating func act(_ action: Action) { self.actions.append(action) }

    mutating func log(_ level: LogLevel, _ text: String) { self.act(.log(level, text)) }

    mutating func request(_ request: MatrixRequest) { self.act(.request(request)) }

    private mutating func begin() {
        if self.isSuperseded { return self.act(.wait(Self.longWait)) }
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
        case .creation(let room): self.receiveCreation(answer, of: room)
        case .join, .leave, .abandon, .forget, .upgrade, .receipt, .typing, .send, .look: break
        }
    }

    // MARK: Failures

    /// The longest pause, in milliseconds, that a server gets before it is asked again. Nothing is read until then, and only
    /// a restart would end it sooner.
    private static let longestPause: Int64 = 300_000

    /// Retries a temporary failure with a growing delay, and no sooner than the server asks for, within reason.
    mutating func retry(_ reason: String, after retryAfter: Int64? = nil) {
        self.failures += 1
        self.batch = nil
        if self.refusal == nil { self.act(.status(.down, detail: reason)) }
        self.log(self.failures == 1 ? .info : .warning, "\(reason); retrying")
        let most: Int64 = min(60_000, 1_000 << Int64(min(self.failures - 1, 10)))
        let retryAfter = retryAfter.map { min($0, Self.longestPause) }
        let wait = max(most, retryAfter ?? 0)
        self.act(.wait((retryAfter ?? wait / 2)...wait))
    }

    private static let longWait: ClosedRange<Int64> = 86_400_000...86_400_000

    /// Stays away until the program is restarted. The sync that brought the news is not acknowledged: what it contains is
    /// for the other process.
    private mutating func stop(_ reason: String, isExpected: Bool) {
        self.isSuperseded = true
        self.isSignedIn = false
        self.batch = nil
        self.refusal = reason
        self.log(isExpected ? .info : .error, reason)
        self.act(.status(isExpected ? .down : .refused, detail: reason))
        self.act(.wait(Self.longWait))
    }

    /// An owner has to act: logs the reason once and retries every ten minutes; with `isSoon`, the first retry follows
    /// after seconds.
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
