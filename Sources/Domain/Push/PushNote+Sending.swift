internal import HTTP
internal import JSON
internal import Primitives

extension PushNote {
    /// Bytes of each text.
    private static let (titleLimit, lineLimit, pathLimit) = (200, 400, 1_000)

    static func json(_ title: String, _ line: String, _ path: String, tag: String) -> [UInt8] {
        let json: JSON = [
            "title": .string(title.beginning(bytes: self.titleLimit)),
            "body": .string(line.beginning(bytes: self.lineLimit)),
            "url": .string(path.utf8.count > self.pathLimit ? "/" : path),
            "tag": .string(tag.beginning(bytes: 100)),
        ]
        return json.bytes
    }

    /// What has waited, as one; nil for nothing.
    static func summary(of notes: [PushNote]) -> PushNote? {
        guard var summary = notes.first else { return nil }
        summary.isHeld = false
        guard notes.count > 1 else { return summary }
        let words: [(NotificationChoice.Kind, String)] = [
            (.asks, "question"), (.answers, "answer"), (.mentions, "mention"),
        ]
        let parts = words.compactMap { kind, word in
            let count = notes.count { $0.kind == kind }
            return count == 0 ? nil : count.counted(word)
        }
        summary.title = "\(notes.count) new things in Jetbridge"
        summary.line = parts.joined(separator: ", ")
        if Set(notes.map(\.path)).count > 1 { summary.path = "/" }
        return summary
    }

    /// In seconds, for a push service.
    func timeToLive(at now: Int64) -> Int64 { max(0, (self.endsAt - now) / 1_000) }

    /// How a push service may save the device's battery (RFC 8030 §5.3).
    var urgency: String { self.kind == .asks ? "high" : "normal" }
}

/// What a push service has answered, and what follows from it. Pure.
enum PushTry: Sendable, Equatable {
    case delivered
    /// The browser does not want any more.
    case gone
    /// The service refuses this one.
    case refused(Int)
    /// Nobody answers, or not now.
    case failed(String, wait: Duration?)

    /// The most tries of one.
    static let limit: Int64 = 8
    /// The first wait in milliseconds; each is twice as long as the one before.
    private static let firstWait: Double = 5_000
    private static let longestWait: Double = 3_600_000

    init(_ status: HTTPStatus, wait: Duration?) {
        switch status.code {
        case 200..<300: self = .delivered
        case 404, 410: self = .gone
        case 429, 500...: self = .failed("it answered \(status.code)", wait: wait)
        default: self = .refused(status.code)
        }
    }

    /// When it is tried again, in milliseconds since 1970; nil to give it up.
    ///
    /// - Parameters:
    ///   - tries: With this one.
    ///   - jitter: A random number in 0..<1. Half of a wait is random.
    func next(after tries: Int64, at now: Int64, jitter: Double) -> Int64? {
        guard case .failed(_, let wait) = self, tries < Self.limit else { return nil }
        let doubled = min(Self.firstWait * Double(1 << min(tries - 1, 20)), Self.longestWait)
        // A service cannot put it off for longer than a day.
        let asked = wait.map { min($0 / .milliseconds(1), 24 * Self.longestWait) } ?? 0
        return now + Int64(max(doubled * (0.5 + 0.5 * jitter), asked))
    }
}
