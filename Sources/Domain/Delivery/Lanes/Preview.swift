internal import Chat
internal import Threads

/// A growing answer in a room where it can be shown: the wanted and the shown state.
struct Preview {
    let turn: String
    let session: String
    var route: Route
    var poster: AnswerPoster
    /// The token of the draft that shows the end of the answer; nil if an edited message shows it. The text before it
    /// is posted as messages either way.
    private(set) var draft: String?
    /// The answer so far, UTF-8; a newer state replaces an unsent older one.
    var answer: [UInt8] = []
    /// Where other messages of the turn divide it.
    var divisions = AnswerDivisions()
    /// `answer` is newer than `wanted`: rendering is costly and happens only when something may be sent.
    var isStale = true
    /// The room's state is unknown: nothing more is shown before the final text.
    var isHalted = false
    /// The messages that should be shown, the last one perhaps as a draft.
    var wanted: [String] { self.rendered.texts }
    var rendered = DividedMessages()
    /// The last sent text of each message.
    var shown: [String] = []
    /// The draft's text, and the number of messages before it.
    private var drafted: (index: Int, text: String)?
    /// How many times that draft was sent.
    private var showings = 0
    /// The outbox entries of the posted messages.
    var items: [OutboxItem] = []
    /// How many times each message was edited.
    var edits: [Int] = []
    /// When the next step is allowed.
    var due: ContinuousClock.Instant
    /// When few first words may be shown too; nil where they notify nobody.
    private let wordsDue: ContinuousClock.Instant?
    /// When the draft vanishes unless it is shown again.
    var fading: ContinuousClock.Instant?

    init(
        turn: String, session: String, route: Route, poster: AnswerPoster, draft: String?, due: ContinuousClock.Instant,
        wordsDue: ContinuousClock.Instant? = nil
    ) {
        self.turn = turn
        self.session = session
        self.route = route
        self.poster = poster
        self.draft = draft
        self.due = due
        self.wordsDue = wordsDue
    }

    enum Step: Equatable {
        case post(String)
        case edit(Int, String)
        case draft(String)
    }

    /// An answer that ends this soon after its first words has no preview: it is one message, and nobody sees the
    /// difference.
    static let patience: Duration = .milliseconds(40)
    /// A notification has the first words only: fewer whole words than this wait for more, but no longer than that.
    static let (firstWords, wordsTime) = (20, Duration.milliseconds(500))
    /// Platforms drop a draft after half a minute or less; it is sent again after this time.
    static let draftLife: Duration = .seconds(15)

    /// When the next step is due; nil when everything is shown.
    var nextDue: ContinuousClock.Instant? {
        if self.isHalted { return nil }
        if self.isStale || self.change != nil {
            guard let words = self.wordsDue, self.isTerse else { return self.due }
            return max(self.due, words)
        }
        return self.fading
    }

    /// Nothing is shown yet, and there are only a few words.
    private var isTerse: Bool {
        guard self.draft == nil, self.shown.isEmpty, self.poster.output == nil else { return false }
        let end = self.answer.lastIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") } ?? 0
        return end < 256 && String(decoding: self.answer[..<end], as: UTF8.self).count < Self.firstWords
    }

    /// The next step; nil when the shown state is the wanted one.
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
            // With a draft, posted messages stay as they are until the end.
            if self.draft == nil, self.shown[index] != text { return .edit(index, text) }
        }
        guard self.draft != nil, let last = self.wanted.last, self.shown.count < self.wanted.count,
            self.drafted.map({ $0.index != standing || $0.text != last }) ?? true
        else { return nil }
        return .draft(last)
    }

    mutating func render() {
        guard self.isStale else { return }
        self.rendered = self.poster.preview(of: self.answer, dividedAt: self.divisions)
        self.isStale = false
    }

    /// The next message that belongs above `item` and is not yet posted.
    func nextPost(above item: OutboxItem) -> Step? {
        let count = item.dividesAnswer ? self.rendered.above[item.id] ?? self.wanted.count : self.wanted.count
        return self.shown.count < min(count, self.wanted.count) ? .post(self.wanted[self.shown.count]) : nil
    }

    /// Continues without a draft.
    mutating func leaveDraft() {
        self.draft = nil
        self.drafted = nil
        self.fading = nil
    }

    /// The draft's token; each message has its own draft.
    var draftToken: String? { self.draft.map { "\($0).\(self.shown.count)" } }

    /// Records a step done at `now`, in a room whose edit interval is `interval`.
    mutating func did(_ step: Step, item: OutboxItem? = nil, at now: ContinuousClock.Instant, interval: Duration) {
        var wait = interval
        switch step {
        case .post(let text):
            self.shown.append(text)
            self.edits.append(0)
            if let item { self.items.append(item) }
            // A message replaces its draft.
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
        // A message after a full one does not inherit its longer wait.
        if case .post = self.change { wait = interval }
        self.due = now + wait
    }
}
