package import Chat

/// What a turn's request holds, or what has to happen first.
package enum PromptPlan: Sendable, Equatable {
    /// Everything fits.
    case ready(Prompt)
    /// `dropped`, the oldest entries, no longer fit: they have to be summarised together with the old summary.
    case needsSummary(dropped: [HistoryEntry], kept: [HistoryEntry])
    /// One message is too big for the model by itself; the text says so and what to do.
    case refused(String)
}

/// The messages of a request and their estimated size.
package struct Prompt: Sendable, Equatable {
    package let messages: [ModelMessage]
    /// Tokens, by ``TokenEstimator``, without the calibration's correction.
    package let estimate: Int
}

/// Builds the request of a chat turn within the model's input limit. Pure: what does not fit is a value in
/// ``PromptPlan``; a message is taken whole or not at all.
package struct PromptBuilder: Sendable {
    /// The model as people know it.
    package var model: String
    /// The most tokens that a prompt may have.
    package var inputLimit: Int
    /// The persona.
    package var instructions: String
    /// Corrects estimates, see ``TokenCalibration``.
    package var factor: Double

    package init(model: String, inputLimit: Int, instructions: String, factor: Double = 1) {
        self.model = model
        self.inputLimit = inputLimit
        self.instructions = instructions
        self.factor = factor
    }

    /// What may be used: a tenth stays free, because estimates err.
    package var budget: Int { self.inputLimit - self.inputLimit / 10 }

    /// The most tokens that a summary should have, so that it leaves room for what it introduces.
    package var summaryLimit: Int { min(1024, max(64, self.budget / 8)) }

    /// Nil, or why `text` cannot be sent by itself.
    package func refusal(of text: String) -> String? {
        // A byte is at most a token or so: nothing that is short needs to be counted.
        if text.utf8.count < self.budget / 4 { return nil }
        let size = self.corrected(Self.weight(of: text))
        return size > self.room ? self.refusal(size: size) : nil
    }

    /// What a message by itself may have.
    private var room: Int {
        max(0, self.budget - self.corrected(Self.weight(of: self.instructions) + TokenEstimator.perRequest))
    }

    private func refusal(size: Int) -> String {
        "This message is too long for \(self.model): about \(size) tokens, \(self.room) fit. "
            + "Shorten it, send it in parts, or choose a model that takes more with `model`."
    }

    /// Plans the request.
    package func plan(_ request: TurnRequest) -> PromptPlan {
        let history = Self.history(of: request)
        if let refusal = self.refusal(of: request.text) { return .refused(refusal) }
        let isNamed = Self.isShared(history, with: request.sender.displayName)
        let question = self.question(request, after: history.last, isNamed: isNamed)
        let frame = [self.instructions] + (isNamed ? [Self.sharedNote] : []) + question.map(\.text)
        let fixed = frame.reduce(TokenEstimator.perRequest) { $0 + Self.weight(of: $1) }
        guard self.corrected(fixed) <= self.budget else {
            return .refused(
                request.continuing == nil
                    ? self.refusal(size: self.corrected(Self.weight(of: request.text)))
                    : "The cut answer is too long for \(self.model) to go on with; ask for the rest in a new message.")
        }
        let summary = request.summary.map { Self.introduction(of: $0) } ?? ""
        let taken = fixed + (summary.isEmpty ? 0 : Self.weight(of: summary))
        let room = self.budget - self.corrected(taken)
        let (start, weight) = self.firstKept(of: history, within: room)
        guard start > 0 || room < 0 else {
            let messages = self.messages(history, isNamed: isNamed, summary: summary, question: question)
            return .ready(Prompt(messages: messages, estimate: taken + weight))
        }
        // Dropping more than necessary now means that the next turns need no summary of their own.
        let target = max(0, (self.budget - self.corrected(fixed) - self.summaryLimit) * 6 / 10)
        let kept = history[self.firstKept(of: history, within: target).index...]
        return .needsSummary(dropped: Array(history.dropLast(kept.count)), kept: Array(kept))
    }

    /// The oldest entry of the newest ones that fit together, and what those weigh.
    private func firstKept(of history: [HistoryEntry], within room: Int) -> (index: Int, weight: Int) {
        var kept = 0
        for index in history.indices.reversed() {
            let entry = history[index]
            let weight = kept + Self.weight(of: entry.text) + (entry.author.map { Self.weight(of: $0) } ?? 0)
            if self.corrected(weight) > room { return (index + 1, kept) }
            kept = weight
        }
        return (0, kept)
    }

    /// Tokens of a message with what the chat format adds, uncorrected.
    private static func weight(of text: String) -> Int {
        TokenEstimator.tokens(in: text) + TokenEstimator.perMessage
    }

    private func corrected(_ weight: Int) -> Int { Int((Double(weight) * self.factor).rounded(.up)) }

    private func messages(
        _ history: [HistoryEntry], isNamed: Bool, summary: String, question: [ModelMessage]
    ) -> [ModelMessage] {
        var system = self.instructions
        if isNamed { system += "\n\n" + Self.sharedNote }
        if !summary.isEmpty { system += "\n\n" + summary }
        var messages = [ModelMessage(.system, system)]
        for entry in history {
            let role: ModelMessage.Role = entry.role == .user ? .user : .assistant
            Self.append(ModelMessage(role, Self.text(of: entry, isNamed: isNamed)), to: &messages)
        }
        for message in question { Self.append(message, to: &messages) }
        return messages
    }

    /// What is asked now: the text, and a cut answer to go on with.
    private func question(
        _ request: TurnRequest, after last: HistoryEntry?, isNamed: Bool
    ) -> [ModelMessage] {
        var question: [ModelMessage] = []
        if !request.text.isEmpty {
            let isAsked = request.continuing != nil && last?.role == .user && last?.text == request.text
            if !isAsked {
                question.append(
                    ModelMessage(.user, Self.named(request.text, by: request.sender.displayName, isNamed: isNamed)))
            }
        }
        // Of an answer that was cut before its first word there is nothing to go on with.
        if let continuing = request.continuing, !continuing.isEmpty {
            question.append(ModelMessage(.assistant, continuing))
            question.append(ModelMessage(.user, Self.goOn))
        }
        return question
    }
}

extension PromptBuilder {
    private static let sharedNote =
        "Several people write in this conversation; each of their messages begins with the writer's name in <>. "
        + "Do not begin your own messages like that."
    /// What asks for the rest of a cut answer. The rehearsal recognises it.
    static let goOn =
        "Your last answer was cut off. Go on exactly where it stops. Do not repeat anything and do not introduce it."

    /// The history without a cut answer that is sent apart.
    private static func history(of request: TurnRequest) -> [HistoryEntry] {
        guard let continuing = request.continuing, let last = request.history.last, last.role == .assistant,
            last.text == continuing
        else { return request.history }
        return request.history.dropLast()
    }

    /// Whether more than one person writes.
    private static func isShared(_ history: [HistoryEntry], with sender: String) -> Bool {
        history.contains { $0.role == .user && $0.author != nil && $0.author != sender }
    }

    private static func text(of entry: HistoryEntry, isNamed: Bool) -> String {
        guard entry.role == .user, let author = entry.author else { return entry.text }
        return self.named(entry.text, by: author, isNamed: isNamed)
    }

    private static func named(_ text: String, by name: String, isNamed: Bool) -> String {
        // A name is its owner's choice: it must not look like the end of the mark or the start of a message.
        isNamed ? "<\(String(name.filter { $0 != ">" && !$0.isNewline }))> \(text)" : text
    }

    /// What introduces a summary. The rehearsal recognises it.
    static let summaryMark = "What was said before, in short:"

    private static func introduction(of summary: HistorySummary) -> String {
        self.summaryMark + "\n" + summary.text
    }

    /// Joins neighbours of one role: several chat templates refuse two in a row.
    private static func append(_ message: ModelMessage, to messages: inout [ModelMessage]) {
        guard let last = messages.last, last.role == message.role else {
            messages.append(message)
            return
        }
        messages[messages.count - 1] = ModelMessage(last.role, last.text + "\n\n" + message.text)
    }
}
