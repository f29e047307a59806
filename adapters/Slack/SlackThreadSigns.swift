/// What threads show besides messages: the typing status, and the titles of assistant threads. Pure.
///
/// A thread is named by channel and root: `C1/1700000001.123456`.
struct SlackThreadSigns: Sendable {
    private static let typingLimit = 2_000
    private static let untitledLimit = 200
    /// Milliseconds after which the status is set again: Slack clears it after two minutes.
    private static let typingTime: Int64 = 90_000

    /// When the status was last set, in monotonic milliseconds.
    private var typing: [String: Int64] = [:]
    /// Assistant threads without a title.
    private var untitled: [String] = []

    static func key(_ channel: String, _ root: String) -> String { "\(channel)/\(root)" }

    /// Returns true if Slack has to be called.
    mutating func setTyping(_ isTyping: Bool, in thread: String, at now: Int64) -> Bool {
        guard isTyping else { return self.typing.removeValue(forKey: thread) != nil }
        if let since = self.typing[thread], now - since < Self.typingTime { return false }
        if self.typing.count >= Self.typingLimit { self.typing = [:] }
        self.typing[thread] = now
        return true
    }

    func isTyping(in thread: String) -> Bool { self.typing[thread] != nil }

    mutating func clearTyping(in thread: String) { self.typing[thread] = nil }

    mutating func noteUntitled(_ thread: String) {
        self.untitled.append(thread)
        if self.untitled.count > Self.untitledLimit { self.untitled.removeFirst() }
    }

    /// True when the thread has no title yet: the caller sets it.
    mutating func takeUntitled(_ thread: String) -> Bool {
        guard let index = self.untitled.firstIndex(of: thread) else { return false }
        self.untitled.remove(at: index)
        return true
    }
}
