internal import Primitives

/// Token buckets for lines and, on servers that count them, for bytes.
///
/// It never probes for higher limits, because servers disconnect flooders without a warning.
package struct IRCFloodBucket: Sendable {
    /// ngIRCd reads half of a 513-byte line a second; rounded down.
    package static let ngIRCdBytesPerSecond = 250

    /// Nil disables every limit.
    private var lines: TokenBucket?
    /// Its capacity is one whole line.
    private var bytes: TokenBucket
    private var limitsBytes: Bool

    package init(_ flood: IRCSettings.Flood, now: Int64) {
        if flood.interval > 0 {
            self.lines = TokenBucket(capacity: Double(max(1, flood.burst)), interval: Double(flood.interval), at: now)
        }
        self.bytes = TokenBucket(capacity: 512, interval: Self.interval(flood.bytesPerSecond ?? 512), at: now)
        self.limitsBytes = flood.bytesPerSecond != nil
    }

    private static func interval(_ bytesPerSecond: Int) -> Double { 1_000 / Double(max(1, bytesPerSecond)) }

    /// Limits bytes as well, unless the settings already do or disable every limit.
    package mutating func limitBytes(perSecond: Int) {
        guard !self.limitsBytes, self.lines != nil else { return }
        self.bytes.interval = Self.interval(perSecond)
        self.limitsBytes = true
    }

    /// The number of lines that could be sent now.
    package func available(now: Int64) -> Int {
        self.lines.map { Int($0.tokens(at: now)) } ?? Int.max
    }

    /// Milliseconds until a line of `cost` and `count` bytes may be sent; 0 for now.
    ///
    /// A line that costs more than the burst waits for a full bucket and then goes into debt.
    package mutating func delay(cost: Int, bytes count: Int, now: Int64) -> Int64 {
        guard let delay = self.lines?.wait(for: Double(cost), at: now) else { return 0 }
        return self.limitsBytes ? max(delay, self.bytes.wait(for: Double(count), at: now)) : delay
    }

    /// Charges the line to the buckets, into debt if necessary.
    package mutating func spend(cost: Int, bytes count: Int, now: Int64) {
        self.lines?.spend(Double(cost), at: now)
        self.bytes.spend(Double(count), at: now)
    }
}
