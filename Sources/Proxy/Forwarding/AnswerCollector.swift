internal import EventLoop
internal import HTTP

/// Reads usage from an answer's bytes, counts its events, and collects the bytes for the cache as they pass.
@Net
final class AnswerCollector {
    private var scanner: UsageScanner?
    /// Complete at the answer's end.
    private(set) var entry: CacheEntry?
    private let limit: Int
    private let countsEvents: Bool
    private var isAtLineStart = true
    /// Whether the current event has a line that is not a comment.
    private var hasField = false
    /// The server-sent events, each of which ends in an empty line, if they are counted.
    private(set) var events = 0

    /// - Parameters:
    ///   - scans: Whether to look for usage.
    ///   - countsEvents: Whether to count events.
    ///   - entry: The entry to collect the body in; nil for an answer that is not cached.
    ///   - limit: The largest body to cache, in bytes.
    init(scans: Bool, countsEvents: Bool = false, entry: CacheEntry?, limit: Int) {
        self.scanner = scans ? UsageScanner() : nil
        self.countsEvents = countsEvents
        self.entry = entry
        self.limit = limit
    }

    func take(_ bytes: [UInt8]) {
        self.scanner?.feed(bytes)
        if self.countsEvents { self.count(bytes) }
        guard let entry = self.entry else { return }
        if entry.body.count + bytes.count > self.limit {
            self.entry = nil
        } else {
            self.entry?.body += bytes
        }
    }

    private func count(_ bytes: [UInt8]) {
        for byte in bytes where byte != 0x0D {
            if self.isAtLineStart {
                if byte == 0x0A {
                    if self.hasField { self.events += 1 }
                    self.hasField = false
                } else if byte != UInt8(ascii: ":") {
                    self.hasField = true
                }
            }
            self.isAtLineStart = byte == 0x0A
        }
    }

    var usage: AnswerTokens? { self.scanner?.usage }
    var model: String? { self.scanner?.model }
}
