internal import Chat

/// A growing answer in a room where messages can be edited: what it should show now, and what it shows.
struct Preview {
    /// The turn whose answer it is.
    let turn: String
    let session: String
    let route: Route
    let poster: AnswerPoster
    /// The answer so far, UTF-8; a newer state simply takes the place of an unsent older one.
    var answer: [UInt8]
    /// `answer` is newer than `wanted`: rendering costs time, so it is done when something may be sent.
    var isStale = true
    /// Nobody knows what stands there: nothing more is shown before the final text.
    var isHalted = false
    /// The messages that should stand there.
    var wanted: [String] = []
    /// What was posted or edited last, message by message.
    var shown: [String] = []
    /// The outbox entries that stand for the posted messages.
    var items: [OutboxItem] = []
    /// When the next post or edit is allowed.
    var due: ContinuousClock.Instant

    enum Step: Equatable {
        case post(String)
        case edit(Int, String)
    }

    /// Something is not shown yet.
    var isBehind: Bool { !self.isHalted && (self.isStale || self.next != nil) }

    /// The next thing to do, or nil when what is shown is what is wanted.
    var next: Step? {
        for (index, text) in self.wanted.enumerated() {
            if index >= self.shown.count { return .post(text) }
            if self.shown[index] != text { return .edit(index, text) }
        }
        return nil
    }

    mutating func render() {
        guard self.isStale else { return }
        self.wanted = self.poster.preview(of: self.answer)
        self.isStale = false
    }
}
