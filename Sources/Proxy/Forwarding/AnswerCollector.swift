internal import EventLoop
internal import HTTP

/// Looks at an answer's bytes as they pass: for its usage, and for the cache.
@Net
final class AnswerCollector {
    private var scanner: UsageScanner?
    private var kept: CacheEntry?
    private let limit: Int

    /// - Parameters:
    ///   - scans: Whether there may be a usage in it.
    ///   - entry: What to keep the body in; nil for an answer that isn't kept.
    ///   - limit: Bytes of the body over which it isn't kept after all.
    init(scans: Bool, entry: CacheEntry?, limit: Int) {
        self.scanner = scans ? UsageScanner() : nil
        self.kept = entry
        self.limit = limit
    }

    func take(_ bytes: [UInt8]) {
        self.scanner?.feed(bytes)
        guard let kept = self.kept else { return }
        if kept.body.count + bytes.count > self.limit {
            self.kept = nil
        } else {
            self.kept?.body += bytes
        }
    }

    var usage: TokenUsage? { self.scanner?.usage }
    var model: String? { self.scanner?.model }
    /// With the whole body, at the answer's end.
    var entry: CacheEntry? { self.kept }
}
