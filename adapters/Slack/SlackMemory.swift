internal import JSON

/// State that outlives the process: the time up to which everything was seen, and the threads to read after an absence.
package struct SlackMemory: Sendable, Equatable {
    /// A thread that the bot may be part of.
    struct Thread: Sendable, Equatable {
        var channel: String
        var root: String
        /// The time of its last message, in milliseconds since 1970.
        var last: Int64
    }

    /// Milliseconds since 1970: everything written before was delivered or fetched.
    var seen: Int64?
    /// The most recent threads, the latest last.
    private(set) var threads: [Thread] = []

    static let threadLimit = 200

    init() {}

    /// Notes a message in a thread.
    mutating func note(channel: String, root: String, at time: Int64) {
        self.threads.removeAll { $0.channel == channel && $0.root == root }
        self.threads.append(Thread(channel: channel, root: root, last: time))
        if self.threads.count > Self.threadLimit { self.threads.removeFirst() }
    }

    /// The channel has another id. False if none of the threads is in it.
    mutating func move(from: String, to: String) -> Bool {
        var hasMoved = false
        for index in self.threads.indices where self.threads[index].channel == from {
            self.threads[index].channel = to
            hasMoved = true
        }
        return hasMoved
    }

    /// Reads ``bytes``; skips invalid parts, since a lost memory only costs convenience.
    init(bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes) else { return }
        self.seen = json["seen"]?.intValue.map { Int64($0) }
        for entry in (json["threads"]?.arrayValue ?? []).suffix(Self.threadLimit) {
            guard let channel = SlackReader.id(entry["channel"]), let root = SlackReader.timestamp(entry["root"])
            else { continue }
            self.threads.append(Thread(channel: channel, root: root, last: Int64(entry["last"]?.intValue ?? 0)))
        }
    }

    var bytes: [UInt8] {
        let threads = self.threads.map { thread -> JSON in
            ["channel": .string(thread.channel), "root": .string(thread.root), "last": .integer(thread.last)]
        }
        var object: JSONObject = ["threads": .array(threads)]
        if let seen = self.seen { object["seen"] = .integer(seen) }
        return JSON.object(object).bytes
    }
}

/// The time up to which everything was seen, and the part of the memory that is not yet saved. Pure.
struct SlackSeen: Sendable {
    private(set) var memory = SlackMemory()
    /// While missed messages are being fetched, nothing new counts as seen.
    private(set) var isCatchingUp = false
    /// The number of times that fetching missed messages began.
    private(set) var catchUps = 0
    private var isStale = false

    mutating func restore(_ bytes: [UInt8]) { self.memory = SlackMemory(bytes: bytes) }

    mutating func beginCatchUp() {
        self.isCatchingUp = true
        self.catchUps += 1
    }

    /// Whether this is what is being fetched: a newer one begins at the same point, and has all of an older one.
    func isUnderWay(_ catchUp: Int) -> Bool { self.isCatchingUp && self.catchUps == catchUp }

    /// True at the very first connection: messages missed from then on can be read later.
    mutating func end(_ catchUp: Int, at wall: Int64) -> Bool {
        guard self.isUnderWay(catchUp) else { return false }
        self.isCatchingUp = false
        guard self.memory.seen == nil else { return false }
        self.note(wall)
        return true
    }

    /// The workspace does not let the app read what it missed.
    mutating func skip(_ catchUp: Int) { if self.isUnderWay(catchUp) { self.isCatchingUp = false } }

    /// Everything up to now was seen, unless the connection is down or is still catching up.
    mutating func noteSeen(at wall: Int64, isUp: Bool) {
        guard isUp, !self.isCatchingUp else { return }
        self.note(wall)
    }

    mutating func noteThread(_ root: String, in channel: String, at time: Int64) {
        self.memory.note(channel: channel, root: root, at: time)
        self.isStale = true
    }

    mutating func move(from: String, to: String) {
        if self.memory.move(from: from, to: to) { self.isStale = true }
    }

    /// Nil when nothing has changed since the last call.
    mutating func takeUnsaved() -> [UInt8]? {
        guard self.isStale else { return nil }
        self.isStale = false
        return self.memory.bytes
    }

    private mutating func note(_ wall: Int64) {
        self.memory.seen = wall
        self.isStale = true
    }
}
