internal import EventLoop
internal import HTTP

/// Reads usage from an answer's bytes and collects them for the cache as they pass.
@Net
final class AnswerCollector {
    private var scanner: UsageScanner?
    private var kept: CacheEntry?
    private let limit: Int

    /// - Parameters:
    ///   - scans: Whether to look for usage.
    ///   - entry: The entry to collect the body in; nil for an answer that is not cached.
    ///   - limit: The largest body to cache, in bytes.
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
    /// Complete at the answer's end.
    var entry: CacheEntry? { self.kept }
}
