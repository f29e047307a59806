internal import Chat
internal import Crypto
internal import Database
internal import JSON
internal import Kit
internal import Logging
internal import Olm
internal import Primitives

/// The end-to-end encryption of one Matrix account: follows people's devices, hands out keys, seals and opens events.
///
/// The rule that makes a crash harmless: a ratchet is stored before anything that used it leaves, together with the
/// ciphertext, so that a repeat sends the same bytes and no index is used twice. What came in is stored before the
/// position of `/sync` moves, and recognised when the server repeats it.
package actor MatrixEncryption {
    /// Performs a request; never throws but for cancellation.
    typealias Call = @Sendable (MatrixRequest) async throws -> MatrixAnswer

    let user: String
    let settings: MatrixEncryptionSettings
    let store: MatrixKeyStore
    let call: Call
    let logger: Logger
    /// Milliseconds since 1970; injected for tests.
    let clock: @Sendable () -> Int64
    /// Whether the bot listens to a user in a room.
    let mayTalk: @Sendable (_ user: String, _ room: String) async -> Bool

    /// The bot's device; nil until ``open(device:)``.
    var account: OlmAccount?
    var device = ""
    /// The device and its keys are on the server.
    var isPublished = false
    var people: [String: MatrixPersonKeys] = [:]
    /// Of people without a room of the bot: a sync waits for the devices of so many.
    var strangers = StrangerBudget(ofAll: 100)
    /// What further ones have sent, for ``MatrixErrand/receive``.
    var postponed: [MatrixSyncKeys.Message] = []
    /// Encrypted rooms that the bot is in.
    var rooms: [String: MatrixCipherRoom] = [:] { didSet { self.knownRoommates = nil } }
    private var knownRoommates: Set<String>?
    /// The number of the last change that the server announced, by user: an older answer does not make a newer one
    /// forgotten. Numbers are not used twice, because people may be forgotten and come back.
    var generations: [String: Int] = [:]
    var lastGeneration = 0
    /// People and channels that are new since strangers were last looked through, and when that was (milliseconds since
    /// 1970).
    var newcomers = 0
    var tidiedAt: Int64 = 0
    /// Keys of rooms that the bot or their sender is not in; nil before they are counted.
    var strayKeys: Int?
    /// Keys that devices have sent for rooms of the bot, by room and sender; without rooms that are not counted yet.
    var keyCounts: [String: [String: Int]] = [:]
    /// The number of the last news of a room's members, as in ``generations``: an older answer does not make newer events
    /// forgotten.
    var roomNews: [String: Int] = [:]
    var outbound: [String: MatrixOutbound] = [:]
    /// Transactions whose ciphertext is stored, and those among them whose ciphertext is no longer needed.
    var unconfirmed: Set<String> = []
    var confirmed: Set<String> = []
    /// Channels to a device, the one used last first.
    var channels: [String: [OlmSession]] = [:]
    /// Channels that failed to open a message of the present answer.
    var misses = 0
    /// Indices of messages that were read and are not stored yet.
    var newIndices: [MessageIndex: Use] = [:]
    /// Those that were stored since old ones were last merged, and when that was (milliseconds since 1970); nil before
    /// the first sync.
    var freshIndices: Set<MessageIndex> = []
    var mergedAt: Int64?
    /// When a new fallback key was made, while the older one is kept (milliseconds since 1970).
    var fallbackAt: Int64?
    /// Room keys read before, by room and session.
    var roomKeys: [String: MatrixReadingKey] = [:]
    /// Why the owner of a session withheld its key, by session.
    var withheld = RecentMap<String, String>(capacity: 512)
    /// The events that wait for keys; nil before they are counted.
    var late: MatrixLateEvents?
    /// When the key of a session was last asked for, by user, room and session (milliseconds since 1970), and how many may
    /// be.
    var askedAt = RecentMap<String, Int64>(capacity: 2_048)
    var keyRequests = StrangerBudget(ofAll: 1_000, ofUser: 100)
    /// When a broken channel was last mended, by the device's key (milliseconds since 1970).
    var mendedAt: [String: Int64] = [:]
    /// Counts the keys that came, and how many of them late events were tried with. They differ at first: events may
    /// wait since an earlier run.
    var keyNews = 1
    var settledNews = 0
    /// Late events from before the beginning of their session's key, with the index at which it begins: they wait for one
    /// that begins earlier.
    var early: [String: Int64] = [:]
    /// What is wrong with the bot's own identity; nil if all is well.
    var trouble: String?
    /// The backup of room keys; nil without one.
    var backup: MatrixKeyBackup?
    /// Verifications by emoji; nil until the device is open.
    var verification: MatrixVerification?
    /// Emoji that somebody has to compare.
    var comparisons: [Comparison] = []
    /// When verifications are looked at again: monotonic, in milliseconds. Timers for other times do nothing.
    var verificationWake: Int64?
    /// Distinguishes notices and messages of verifications.
    var numbers = 0
    /// For metrics, read from outside.
    nonisolated let counters = Protected(EncryptionCounts())
    /// Verification events for rooms.
    let roomMessages = AsyncStream<RoomMessage>.makeStream(bufferingPolicy: .bufferingOldest(256))
    /// Background work that ends with the actor's owner.
    let errands = AsyncStream<MatrixErrand>.makeStream(bufferingPolicy: .bufferingOldest(1_024))
    /// What to say in rooms.
    let notices = AsyncStream<MatrixKeyNotice>.makeStream(bufferingPolicy: .bufferingOldest(1_024))

    /// Distinguishes this process from another one on the same device.
    let run = hex(randomBytes(8))
    /// The count of this process's latest ``MatrixKeyStamp``; 0 before the first one.
    var starts = 0
    /// When it was made (milliseconds since 1970).
    var stampedAt: Int64 = 0
    /// Another process uses the device.
    var supersession: MatrixKeyLoss?
    /// Channels that another process may have used since they were stored, by their ids: they are only read from.
    var doubtful: Set<String> = []

    /// Changes could not be stored, so what is in memory is ahead of the file.
    var isStale = false
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var busyRooms: [String: [CheckedContinuation<Void, Never>]] = [:]

    init(
        user: String, settings: MatrixEncryptionSettings, store: MatrixKeyStore, call: @escaping Call, logger: Logger,
        mayTalk: @escaping @Sendable (_ user: String, _ room: String) async -> Bool = { _, _ in true },
        clock: @escaping @Sendable () -> Int64 = { AdapterTime.now.wall }
    ) {
        self.user = user
        self.settings = settings
        self.store = store
        self.call = call
        self.logger = logger
        self.mayTalk = mayTalk
        self.clock = clock
    }

    /// Whether what was encrypted may leave now.
    nonisolated var isHeld: Bool { self.store.isHeld }

    func close() async {
        self.errands.continuation.finish()
        self.notices.continuation.finish()
        self.roomMessages.continuation.finish()
        await self.alone {
            if self.account != nil, !self.isStale {
                // Nothing uses a ratchet after this, so the next start can trust what is stored.
                try? await self.store.commit(MatrixKeyChanges { $0.setFact(Self.closedName, "1") })
            }
            self.account = nil
        }
        await self.store.close()
    }

    // MARK: One at a time

    /// Runs `body` alone: between the use of a ratchet and the moment it is stored nothing else may use it.
    func alone<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        if self.isBusy {
            await withCheckedContinuation { self.waiting.append($0) }
        } else {
            self.isBusy = true
        }
        defer {
            if self.waiting.isEmpty { self.isBusy = false } else { self.waiting.removeFirst().resume() }
        }
        return try await body()
    }

    /// Runs `body` alone for one room, so that two messages do not both make a session.
    func alone<Value>(in room: String, _ body: () async throws -> Value) async rethrows -> Value {
        if self.busyRooms[room] != nil {
            await withCheckedContinuation { self.busyRooms[room]?.append($0) }
        } else {
            self.busyRooms[room] = []
        }
        defer {
            if self.busyRooms[room]?.isEmpty == false {
                self.busyRooms[room]?.removeFirst().resume()
            } else {
                self.busyRooms[room] = nil
            }
        }
        return try await body()
    }

    /// Stores changes. After a failure nothing in memory that they describe may be used: it is read again.
    func commit(_ changes: MatrixKeyChanges) async throws {
        do {
            try await self.store.commit(changes)
        } catch {
            self.channels = [:]
            self.doubtful = []
            self.outbound = [:]
            self.roomKeys = [:]
            self.late = nil
            self.strayKeys = nil
            self.keyCounts = [:]
            self.isStale = true
            throw error
        }
    }

    /// Everybody in a room of the bot. Kept until a room changes: one sync may ask for many people.
    var roommates: Set<String> {
        if let known = self.knownRoommates { return known }
        let roommates = Set(self.rooms.values.lazy.flatMap(\.members.keys))
        self.knownRoommates = roommates
        return roommates
    }

    func begin(_ errand: MatrixErrand) { self.errands.continuation.yield(errand) }

    /// The answer's body. Throws ``MatrixCallError`` for a refusal or without an answer.
    func ask(_ request: MatrixRequest) async throws -> JSON { try await self.call(request).json() }
}
