/// How much may be sent when: tokens for lines, and for bytes where a server counts them.
///
/// It never raises its own limits: a server that throws flooders out gives no warning first.
package struct IRCFloodBucket: Sendable {
    /// What ngIRCd takes a second (half of a line of 513), rounded down.
    package static let ngIRCdBytesPerSecond = 250

    private let burst: Double
    private let interval: Double
    private var bytesPerSecond: Double?
    private var tokens: Double
    private var bytes: Double
    private var updated: Int64

    package init(_ flood: IRCSettings.Flood, now: Int64) {
        self.burst = Double(max(1, flood.burst))
        self.interval = Double(max(0, flood.interval))
        self.bytesPerSecond = flood.bytesPerSecond.map { Double(max(1, $0)) }
        self.tokens = self.burst
        self.bytes = Self.byteBurst
        self.updated = now
    }

    /// A whole line always fits into the byte bucket.
    private static let byteBurst = 512.0

    /// Limits bytes as well, unless the owner did already or lifted every limit.
    package mutating func limitBytes(perSecond: Int) {
        if self.bytesPerSecond == nil, self.interval > 0 { self.bytesPerSecond = Double(perSecond) }
    }

    /// Lines that could go now.
    package mutating func available(now: Int64) -> Int {
        self.refill(now)
        return self.interval == 0 ? Int.max : Int(self.tokens)
    }

    /// Milliseconds until a line of `cost` and `count` bytes may go; 0 for now.
    package mutating func delay(cost: Int, bytes count: Int, now: Int64) -> Int64 {
        self.refill(now)
        guard self.interval > 0 else { return 0 }
        // A cost over the burst could never be saved up: it waits for a full bucket and goes into debt.
        let missing = min(Double(cost), self.burst) - self.tokens
        var delay = max(0, missing * self.interval)
        if let bytesPerSecond = self.bytesPerSecond {
            delay = max(delay, (min(Double(count), Self.byteBurst) - self.bytes) / bytesPerSecond * 1_000)
        }
        // A thousandth of slack, lest rounding asks for a wait of nothing for ever.
        return delay <= 0.001 ? 0 : Int64(delay.rounded(.up))
    }

    /// Takes the line out of the bucket, into debt if need be.
    package mutating func spend(cost: Int, bytes count: Int, now: Int64) {
        self.refill(now)
        self.tokens -= Double(cost)
        self.bytes -= Double(count)
    }

    private mutating func refill(_ now: Int64) {
        guard now > self.updated else { return }
        let elapsed = Double(now - self.updated)
        self.updated = now
        self.tokens = self.interval > 0 ? min(self.burst, self.tokens + elapsed / self.interval) : self.burst
        self.bytes = min(Self.byteBurst, self.bytes + elapsed * (self.bytesPerSecond ?? 512) / 1_000)
    }
}
