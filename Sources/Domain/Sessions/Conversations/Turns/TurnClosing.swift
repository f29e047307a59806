internal import Analytics
internal import Chat
internal import Delivery
internal import Store
internal import Surroundings
internal import Threads

/// Everything that the end of a turn writes, as a value; ``write(to:frames:poster:)`` is its one transaction.
struct TurnClosing: Sendable {
    let turn: TurnRecord
    let outcome: TurnOutcome
    let answer: String
    /// Rendered messages of the answer that are not in the outbox yet.
    let rest: DividedMessages
    let note: String?
    /// The steps of work with tools in one line, for the transcript; in the room they are part of ``rest``.
    let steps: String?
    /// What the model thought, for the transcript; rooms show only that it thinks.
    let thoughts: String?
    let isShortened: Bool
    /// The last paragraph made it too long: unsent messages after the excerpt are dropped.
    let isNewlyShortened: Bool
    let excerpt: Int
    /// The whole of a shortened answer is posted as a file, not as a link.
    let isUploading: Bool
    /// What to do with growing messages that the final text does not need.
    let surplus: OutboxItem.Surplus
    let usage: [ModelCall]
    let origin: UsageOrigin
    /// In milliseconds.
    var firstText: Int64?
    var duration: Int64 = 0
    /// Whether a `stop` ended it, whose reply is all that people need to read about it.
    var hasReply = false
    /// Whom the last message notifies, where messages notify nobody by themselves.
    var asker: String?
    /// As what it counts; nil for its outcome.
    var counted: TurnRecord.State?
    let summary: HistorySummary?
    /// How reading what was said beside the question has ended; nil if that is stored.
    var context: ContextState?
    let publicURL: String
    let at: Int64

    /// Whether there is something to post at once.
    var isPostedAtOnce: Bool { self.outcome == .complete && !self.rest.texts.isEmpty }

    /// The content of the last frame: the whole answer, or the line about its end.
    var lastFrame: String { self.outcome == .complete ? self.answer : self.note ?? "" }

    /// The end of a turn whose answer cannot be stored.
    var withoutAnswer: TurnClosing {
        TurnClosing(
            turn: self.turn, outcome: .failed(TurnTexts.notStored), answer: "", rest: DividedMessages(),
            note: TurnTexts.notStored,
            steps: self.steps, thoughts: nil,
            isShortened: false, isNewlyShortened: false, excerpt: self.excerpt, isUploading: false,
            surplus: self.surplus, usage: self.usage, origin: self.origin, firstText: self.firstText,
            duration: self.duration, asker: self.asker, summary: nil, publicURL: self.publicURL, at: self.at)
    }

    func write(
        to ledger: Ledger, frames: [LiveFrame], poster: AnswerPoster
    ) throws -> [OutboxItem] {
        // These come with the next answer of the database.
        let work = try ledger.work(ofTurn: self.turn.id)
        let insertUsage = try ledger.usageInsertion(ofTurn: self.turn.id, from: self.origin)
        try ledger.insert(frames)
        let error = self.outcome == .complete ? nil : self.note
        try ledger.end(self.turn.id, self.outcome.state, error: error, at: self.at)
        if let context = self.context { try ledger.set(context, ofTurn: self.turn.id) }
        if self.outcome.isLeftOut { try ledger.leaveOut(self.turn) }
        for call in self.usage {
            try ledger.addUsage(self.turn.id, model: call.asked, input: call.input, output: call.output)
        }
        try self.keepSummary(in: ledger)
        if self.isNewlyShortened { _ = try ledger.dropPending(ofTurn: self.turn.id, keeping: self.excerpt) }
        let isHalted = try self.isHalted(in: ledger, poster: poster)
        if isHalted { _ = try ledger.dropPending(ofTurn: self.turn.id, keeping: 0) }
        let (finals, surplus) = try ledger.finishPreviews(
            ofTurn: self.turn.id, with: self.rest.texts, surplus: self.surplus)
        try insertUsage(self.usage.filter { !$0.isStored }.map(UsageRecord.init) + [self.ended(with: work())])
        var items = finals + surplus
        // Everything that was said is posted, however the turn ended: `resume` continues from its last word.
        // A command's rest is short: its last lines and how it ended.
        var rest = isHalted && poster.output == nil ? [] : self.rest.texts.dropFirst(finals.count)
        // The exit line is the last one, below the link to the whole output.
        let last = poster.output != nil && rest.count > 1 ? rest.popLast() : nil
        items += try self.insert(rest, after: finals.count, into: ledger)
        if let thoughts = self.thoughts {
            try ledger.insertion(
                session: self.turn.session, turn: self.turn.id, role: .thinking, text: thoughts, at: self.at)
        }
        if let steps = self.steps {
            try ledger.insertion(
                session: self.turn.session, turn: self.turn.id, role: .note, text: steps, at: self.at)
        }
        if !self.answer.isEmpty {
            let id = try ledger.insertion(
                session: self.turn.session, turn: self.turn.id, role: .assistant, text: self.answer, at: self.at)
            if self.isShortened || isHalted { items += try self.insertWhole(id(), into: ledger, poster: poster) }
        }
        if let last { items.append(try self.insert(last, as: .final, into: ledger)) }
        if let note = self.note {
            if self.outcome != .stopped || !self.hasReply {
                try ledger.insertion(
                    session: self.turn.session, turn: self.turn.id, role: .note, text: note, at: self.at)
            }
            // `stop` has its own reply.
            if self.outcome != .stopped {
                items += try poster.lines(for: note, offering: self.outcome.buttons(of: self.turn)).map {
                    try self.insert($0.text, as: .note, buttons: $0.buttons, into: ledger)
                }
            }
        }
        try self.notifyAsker(of: &items, in: ledger)
        return items
    }

    /// The last message of the answer notifies the asker, or the note about its failure if nothing was said.
    private func notifyAsker(of items: inout [OutboxItem], in ledger: Ledger) throws {
        guard let asker = self.asker else { return }
        let last = items.lastIndex { [.final, .file].contains($0.kind) && $0.text != OutboxItem.blank }
        guard let last = last ?? items.lastIndex(where: { $0.kind == .note }) else { return }
        items[last] = try ledger.mention([Mention(person: asker)], in: items[last])
    }

    private func ended(with work: (commands: Int64, commits: Int64)) -> UsageRecord {
        var ended = UsageRecord(
            self.counted ?? self.outcome.state, model: self.usage.last?.asked ?? "", began: self.at - self.duration,
            firstText: self.firstText, milliseconds: self.duration, at: self.at)
        (ended.commands, ended.commits) = work
        return ended
    }

    /// Inserts the messages, which begin at `start` of ``rest``. Unsent commits and files that belong below some of them
    /// are taken back and put there.
    private func insert(
        _ texts: ArraySlice<String>, after start: Int, into ledger: Ledger
    ) throws -> [OutboxItem] {
        var below =
            texts.isEmpty || self.rest.above.isEmpty
            ? []
            : try ledger.outbox(ofTurn: self.turn.id).filter { item in
                item.state == .pending && [.commit, .file].contains(item.kind)
                    && self.rest.above[item.id] ?? 0 > start
            }[...]
        for item in below { try ledger.setOutbox(item.id, .dropped, at: self.at) }
        var items: [OutboxItem] = []
        // All of them wait for the database once.
        var insertions: [() throws -> OutboxItem] = []
        for (index, text) in zip(texts.indices, texts) {
            while let next = below.first, self.rest.above[next.id] ?? 0 <= index {
                items += try insertions.map { try $0() }
                insertions = []
                items.append(try ledger.insertAgain(next, at: self.at))
                below.removeFirst()
            }
            insertions.append(try self.insertion(of: text, as: .final, into: ledger))
        }
        items += try insertions.map { try $0() }
        return items + (try below.map { try ledger.insertAgain($0, at: self.at) })
    }

    /// Whether a stopped answer still has more unsent lines than an excerpt has, in a room that posts it line by line:
    /// whoever stops it does not want them, and a link to the whole replaces them.
    private func isHalted(in ledger: Ledger, poster: AnswerPoster) throws -> Bool {
        guard self.outcome == .stopped, !self.isShortened, !poster.isGrowing else { return false }
        let unsent = try ledger.outbox(ofTurn: self.turn.id).filter { $0.kind == .part && $0.state == .pending }
        let lines = unsent.map { Int($0.message ?? 1) } + self.rest.texts.map { poster.traits.lines(of: $0) ?? 1 }
        return lines.reduce(0, +) > self.excerpt
    }

    /// Adds the link or file with the whole of a shortened answer, which is the message `id`.
    private func insertWhole(_ id: Int64, into ledger: Ledger, poster: AnswerPoster) throws -> [OutboxItem] {
        let url = "\(self.publicURL)/a/\(id)"
        let lines = poster.messages(
            for: poster.output == nil ? TurnTexts.wholeAnswer(at: url) : TurnTexts.wholeOutput(at: url))
        guard self.isUploading, let line = lines.first else {
            return try lines.map { try self.insert($0, as: .final, into: ledger) }
        }
        return [
            try ledger.insertOutbox(
                session: self.turn.session, turn: self.turn.id, kind: .file, route: self.turn.route, text: line,
                message: id, at: self.at)
        ]
    }

    private func insert(
        _ text: String, as kind: OutboxItem.Kind, buttons: [MessageButton] = [], into ledger: Ledger
    ) throws -> OutboxItem {
        try self.insertion(of: text, as: kind, buttons: buttons, into: ledger)()
    }

    private func insertion(
        of text: String, as kind: OutboxItem.Kind, buttons: [MessageButton] = [], into ledger: Ledger
    ) throws -> () throws -> OutboxItem {
        let insertion = try ledger.outboxInsertion(
            session: self.turn.session, turn: self.turn.id, kind: kind, route: self.turn.route, text: text,
            buttons: buttons, at: self.at)
        return {
            var item = try insertion()
            item.isDocument = self.turn.kind.isDocument
            return item
        }
    }

    private func keepSummary(in ledger: Ledger) throws {
        guard let summary = self.summary, var session = try ledger.session(id: self.turn.session, isChanging: true),
            // `new` in the middle of the turn discards it.
            summary.through > session.epoch
        else { return }
        session.summary = summary
        try ledger.update(session)
    }
}
