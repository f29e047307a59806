internal import Chat

/// A growing answer in a room where it can be shown: what it should show now, and what it shows.
struct Preview {
    /// The turn whose answer it is.
    let turn: String
    let session: String
    let route: Route
    let poster: AnswerPoster
    /// Shown as a draft, which is no message, under this token; nil: as messages that are edited.
    let draft: String?
    /// The answer so far, UTF-8; a newer state simply takes the place of an unsent older one.
    var answer: [UInt8] = []
    /// `answer` is newer than `wanted`: rendering costs time, so it is done when something may be sent.
    var isStale = true
    /// Nobody knows what stands there: nothing more is shown before the final text.
    var isHalted = false
    /// The messages that should stand there, or the draft.
    var wanted: [String] = []
    /// What was posted, edited or shown last, message by message.
    var shown: [String] = []
    /// The outbox entries that stand for the posted messages.
    var items: [OutboxItem] = []
    /// How often each message was edited, or the draft was shown.
    var edits: [Int] = []
    /// When the next step is allowed.
    var due: ContinuousClock.Instant
    /// When the draft vanishes unless it is shown again.
    var fading: ContinuousClock.Instant?

    enum Step: Equatable {
        case post(String)
        case edit(Int, String)
        case draft(String)
    }

    /// A platform's draft vanishes after half a minute or less; this long after it was shown it is shown again.
    static let draftLife: Duration = .seconds(15)

    /// When something is to be done; nil when all is shown.
    var nextDue: ContinuousClock.Instant? {
        if self.isHalted { return nil }
        if self.isStale || self.change != nil { return self.due }
        return self.fading
    }

    /// The next thing to do, or nil when what is shown is what is wanted.
    func next(at now: ContinuousClock.Instant) -> Step? {
        if let change = self.change { return change }
        guard let fading = self.fading, fading <= now, let text = self.shown.first else { return nil }
        return .draft(text)
    }

    private var change: Step? {
        if self.draft != nil {
            guard let text = self.wanted.first, text != self.shown.first else { return nil }
            return .draft(text)
        }
        for (index, text) in self.wanted.enumerated() {
            if index >= self.shown.count { return .post(text) }
            if self.shown[index] != text { return .edit(index, text) }
        }
        return nil
    }

    mutating func render() {
        guard self.isStale else { return }
        self.wanted = self.draft == nil ? self.poster.preview(of: self.answer) : self.poster.draft(of: self.answer)
        self.isStale = false
    }

    /// Notes that a step was done at `now` in a room with edits at least `interval` apart.
    mutating func did(_ step: Step, item: OutboxItem? = nil, at now: ContinuousClock.Instant, interval: Duration) {
        var wait = interval
        switch step {
        case .post(let text):
            self.shown.append(text)
            self.edits.append(0)
            if let item { self.items.append(item) }
        case .edit(let index, let text):
            self.shown[index] = text
            self.edits[index] += 1
            wait = EditPace.interval(after: self.edits[index], in: interval)
        case .draft(let text):
            self.shown = [text]
            self.edits = [(self.edits.first ?? 0) + 1]
            self.fading = now + Self.draftLife
            wait = min(EditPace.interval(after: self.edits[0], in: interval), max(interval, Self.draftLife / 3))
        }
        // A message that comes after one that is full need not wait for as long as that one had to.
        if case .post = self.change { wait = interval }
        self.due = now + wait
    }
}
