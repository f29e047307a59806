internal import Chat

/// A message that grows: by Slack's own streaming while that works, otherwise by edits. Pure.
///
/// A stream takes only additions, but the last block of a rendered text may change as more text arrives. So a stream
/// shows only the text that ``SlackSettledText`` finds settled; the last edit shows the whole text.
struct SlackGrowing: Sendable, Equatable {
    enum Form: Sendable, Equatable {
        /// A live stream; when it began, in monotonic milliseconds.
        case stream(since: Int64)
        /// Was a stream, and now takes edits.
        case endedStream
        case edits
    }

    /// Milliseconds after which edits replace a stream: Slack ends streams silently after about five minutes.
    static let streamTime: Int64 = 240_000
    /// The maximum that one call may add to a stream, in UTF-16 units.
    static let pieceLimit = 11_400

    var form: Form
    /// The text that the stream shows.
    var sent: String = ""
    /// The stream shows text that has since changed, or its text is unknown: nothing more is added.
    var isDerailed = false
    /// The last preview, if it contradicts the text that the stream shows.
    private var doubt: String?
    /// When it last grew, in monotonic milliseconds.
    var touched: Int64

    init(form: Form, touched: Int64) {
        self.form = form
        self.touched = touched
    }

    var isLive: Bool { if case .stream = self.form { true } else { false } }

    func isDue(at now: Int64) -> Bool {
        if case .stream(let since) = self.form { now - since >= Self.streamTime } else { false }
    }

    /// The text to add so that the stream shows the settled part of `preview`; nil when there is none.
    mutating func addition(for preview: String) -> String? {
        guard !self.isDerailed else { return nil }
        let settled = SlackSettledText.prefix(of: preview)
        guard settled.utf8.starts(with: self.sent.utf8) else {
            // A shorter text only waits. A different text derails the stream, unless the next preview reverts it: words
            // before a line with one dash are a heading until an item follows the dash.
            if !self.sent.utf8.starts(with: settled.utf8) {
                self.isDerailed = self.doubt.map { $0 != preview } ?? false
                self.doubt = preview
            }
            return nil
        }
        self.doubt = nil
        let rest = String(settled.utf8.dropFirst(self.sent.utf8.count)) ?? ""
        guard !rest.isEmpty, rest.utf16.count <= Self.pieceLimit else { return nil }
        return rest
    }

    /// The text to add to complete the stream as `text`; nil when additions cannot do that.
    func remainder(of text: String) -> String? {
        guard !self.isDerailed, text.utf8.starts(with: self.sent.utf8) else { return nil }
        let rest = String(text.utf8.dropFirst(self.sent.utf8.count)) ?? ""
        return rest.utf16.count <= Self.pieceLimit ? rest : nil
    }
}

/// The messages that are growing and will get a last edit. Pure.
struct SlackGrowingMessages: Sendable {
    private static let limit = 2_000

    private var messages: [MessageReference: SlackGrowing] = [:]

    var count: Int { self.messages.count }

    subscript(reference: MessageReference) -> SlackGrowing? { self.messages[reference] }

    func isGrowing(in room: RoomID) -> Bool { self.messages.keys.contains { $0.room == room } }

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

    /// The channel has another id. What a call under way adds meanwhile gets lost here, so streams get no more additions.
    mutating func move(from: RoomID, to: RoomID) {
        for (reference, growing) in self.messages where reference.room == from {
            self.messages[reference] = nil
            let moved = MessageReference(room: to, id: reference.id)
            self.messages[moved] = growing
            self.derail(moved)
        }
    }

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
