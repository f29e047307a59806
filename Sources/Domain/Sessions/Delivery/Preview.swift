internal import Chat

/// A growing answer in a room where it can be shown: what it should show now, and what it shows.
struct Preview {
    /// The turn whose answer it is.
    let turn: String
    let session: String
    let route: Route
    let poster: AnswerPoster
    /// The end of the answer is shown as a draft, which is no message, under this token; nil: as a message that is
    /// edited. What stands before the end are messages in either case.
    private(set) var draft: String?
    /// The answer so far, UTF-8; a newer state simply takes the place of an unsent older one.
    var answer: [UInt8] = []
    /// `answer` is newer than `wanted`: rendering costs time, so it is done when something may be sent.
    var isStale = true
    /// Nobody knows what stands there: nothing more is shown before the final text.
    var isHalted = false
    /// The messages that should stand there, the last one perhaps as a draft.
    var wanted: [String] = []
    /// What was posted or edited last, message by message.
    var shown: [String] = []
    /// What the draft shows, and how many messages come before it.
    private var drafted: (index: Int, text: String)?
    /// How often that draft was shown.
    private var showings = 0
    /// The outbox entries that stand for the posted messages.
    var items: [OutboxItem] = []
    /// How often each message was edited.
    var edits: [Int] = []
    /// When the next step is allowed.
    var due: ContinuousClock.Instant
    /// When the draft vanishes unless it is shown again.
    var fading: ContinuousClock.Instant?

    init(
        turn: String, session: String, route: Route, poster: AnswerPoster, draft: String?, due: ContinuousClock.Instant
    ) {
        self.turn = turn
        self.session = session
        self.route = route
        self.poster = poster
        self.draft = draft
        self.due = due
    }

    enum Step: Equatable {
        case post(String)
        case edit(Int, String)
        case draft(String)
    }

    /// An answer is shown when it has not ended so soon after its first words: one that is there at once is one message,
    /// and nobody sees the difference.
    static let patience: Duration = .milliseconds(40)
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
        guard self.draft != nil, let fading = self.fading, fading <= now, let text = self.drafted?.text else {
            return nil
        }
        return .draft(text)
    }

    private var change: Step? {
        let standing = self.draft == nil ? self.wanted.count : max(0, self.wanted.count - 1)
        for (index, text) in self.wanted.prefix(standing).enumerated() {
            if index >= self.shown.count { return .post(text) }
            // Beside a draft what stands is left as it is until the end.
            if self.draft == nil, self.shown[index] != text { return .edit(index, text) }
        }
        guard self.draft != nil, let last = self.wanted.last, self.shown.count < self.wanted.count,
            self.drafted.map({ $0.index != standing || $0.text != last }) ?? true
        else { return nil }
        return .draft(last)
    }

    mutating func render() {
        guard self.isStale else { return }
        self.wanted = self.poster.preview(of: self.answer)
        self.isStale = false
    }

    /// From now on the end of the answer is a message, too.
    mutating func leaveDraft() {
        self.draft = nil
        self.drafted = nil
        self.fading = nil
    }

    /// The draft's token: each message's draft is one of its own.
    var draftToken: String? { self.draft.map { "\($0).\(self.shown.count)" } }

    /// Notes that a step was done at `now` in a room with edits at least `interval` apart.
    mutating func did(_ step: Step, item: OutboxItem? = nil, at now: ContinuousClock.Instant, interval: Duration) {
        var wait = interval
        switch step {
        case .post(let text):
            self.shown.append(text)
            self.edits.append(0)
            if let item { self.items.append(item) }
            // A message takes its draft's place.
            self.drafted = nil
            self.fading = nil
        case .edit(let index, let text):
            self.shown[index] = text
            self.edits[index] += 1
            wait = EditPace.interval(after: self.edits[index], in: interval)
        case .draft(let text):
            self.showings = self.drafted?.index == self.shown.count ? self.showings + 1 : 1
            self.drafted = (self.shown.count, text)
            self.fading = now + Self.draftLife
            wait = min(EditPace.interval(after: self.showings, in: interval), max(interval, Self.draftLife / 3))
        }
        // A message that comes after one that is full need not wait for as long as that one had to.
        if case .post = self.change { wait = interval }
        self.due = now + wait
    }
}
