internal import Chat

/// The messages that are growing and will get a last edit. Pure.
struct SlackGrowingMessages: Sendable {
    private static let limit = 2_000

    private var messages: [MessageReference: SlackGrowing] = [:]

    var count: Int { self.messages.count }

    subscript(reference: MessageReference) -> SlackGrowing? { self.messages[reference] }

    /// Beyond the limit, forgets the message that has not grown for the longest time; its last edit still finds it by
    /// id.
    mutating func keep(_ growing: SlackGrowing, for reference: MessageReference) {
        self.messages[reference] = growing
        guard self.messages.count > Self.limit else { return }
        if let oldest = self.messages.min(by: { $0.value.touched < $1.value.touched }) {
            self.messages[oldest.key] = nil
        }
    }

    mutating func remove(_ reference: MessageReference) { self.messages[reference] = nil }

    mutating func added(_ text: String, to reference: MessageReference) { self.messages[reference]?.sent += text }

    mutating func endStream(_ reference: MessageReference) { self.messages[reference]?.form = .endedStream }

    mutating func derail(_ reference: MessageReference) { self.messages[reference]?.isDerailed = true }

    /// The live streams that are old enough to end.
    func dueStreams(at now: Int64) -> [MessageReference] {
        self.messages.filter { $0.value.isDue(at: now) }.map(\.key)
    }

    /// Takes the message's turn to grow and returns 0, or returns the milliseconds to wait for it. All growing messages
    /// share the workspace's calls per minute: the more there are, the slower each grows. Last edits need no turn.
    mutating func takeTurn(_ growing: SlackGrowing, _ reference: MessageReference, at now: Int64) -> Int64 {
        let count = Int64(self.messages.values.count { $0.isLive == growing.isLive })
        let wait = growing.touched + count * SlackPace.growthInterval(isStream: growing.isLive) - now
        guard wait <= SlackPace.growthTolerance else { return wait }
        self.messages[reference]?.touched = now
        return 0
    }
}
