/// The time up to which everything was seen, and the part of the memory that is not yet saved. Pure.
struct SlackSeen: Sendable {
    private(set) var memory = SlackMemory()
    /// While missed messages are being fetched, nothing new counts as seen.
    private(set) var isCatchingUp = false
    /// How often missed messages have begun to be fetched.
    private(set) var catchUps = 0
    private var isStale = false

    mutating func restore(_ bytes: [UInt8]) { self.memory = SlackMemory(bytes: bytes) }

    mutating func beginCatchUp() {
        self.isCatchingUp = true
        self.catchUps += 1
    }

    /// True at the very first connection: messages missed from then on can be read later.
    mutating func endCatchUp(at wall: Int64) -> Bool {
        self.isCatchingUp = false
        guard self.memory.seen == nil else { return false }
        self.note(wall)
        return true
    }

    /// The workspace does not let the app read what it missed.
    mutating func skipCatchUp() { self.isCatchingUp = false }

    /// Everything up to now was seen, unless the connection is down or is still catching up.
    mutating func noteSeen(at wall: Int64, isUp: Bool) {
        guard isUp, !self.isCatchingUp else { return }
        self.note(wall)
    }

    mutating func noteThread(_ root: String, in channel: String, at time: Int64) {
        self.memory.note(channel: channel, root: root, at: time)
        self.isStale = true
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
