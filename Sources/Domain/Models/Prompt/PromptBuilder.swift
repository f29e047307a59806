package import Chat

/// A turn's prompt, or what has to happen first.
package enum PromptPlan: Sendable, Equatable {
    /// The whole history fits.
    case ready(Prompt)
    /// `dropped`, the oldest entries, no longer fit and must be summarised together with the old summary.
    case needsSummary(dropped: [HistoryEntry], kept: [HistoryEntry])
    /// One message is too long by itself; the text says so and what to do.
    case refused(String)
}

/// The messages of a request with their estimated size.
package struct Prompt: Sendable, Equatable {
    package let messages: [ModelMessage]
    /// In tokens of ``TokenEstimator``, without the calibration's correction.
    package let estimate: Int
}

/// Builds the prompt of a chat turn within the model's input limit. Pure. A message is included whole or not at all.
package struct PromptBuilder: Sendable {
    /// The model's name for people.
    package var model: String
    /// In tokens.
    package var inputLimit: Int
    /// The persona.
    package var instructions: String
    /// The correction of estimates, see ``TokenCalibration``.
    package var factor = 1.0
    /// The images that the model gets, as read.
    package var images: [SentImage: ModelImage] = [:]

    /// The usable tokens: a tenth stays free, because estimates err.
    package var budget: Int { self.inputLimit - self.inputLimit / 10 }

    /// The maximum tokens of a summary, so that it leaves room for the messages after it.
    package var summaryLimit: Int { min(1024, max(64, self.budget / 8)) }

    /// Why `text` is too long by itself; nil when it is not.
    package func refusal(of text: String) -> String? {
        // A byte is about a token at most, so short texts need no counting.
        if text.utf8.count < self.budget / 4 { return nil }
        let size = self.corrected(Self.weight(of: text))
        return size > self.room ? self.refusal(size: size) : nil
    }

    /// The tokens available to a single message.
    private var room: Int {
        max(0, self.budget - self.corrected(Self.weight(of: self.instructions) + TokenEstimator.perRequest))
    }

    private func refusal(size: Int) -> String {
        "This message is too long for \(self.model): about \(size) tokens, and \(self.room) fit. "
            + "Shorten it, send it in parts, or choose a model with a larger limit with `model`."
    }

    package func plan(_ request: TurnRequest) -> PromptPlan {
        let (history, carried) = Self.history(of: request)
        if let refusal = self.refusal(of: request.text) { return .refused(refusal) }
        let isNamed = Self.isShared(history, with: request.sender.displayName)
        let beside = self.fitting([carried, request.surroundings].filter { !$0.isEmpty }.joined(separator: "\n\n"))
        let question = self.question(request, beside: beside, isNamed: isNamed)
        let notes = [
            isNamed ? Self.sharedNote : nil, request.occasion.map(OccasionText.text), Self.wishes(of: request),
            request.memory.isEmpty ? nil : request.memory,
        ].compactMap(\.self)
        // The messages keep what is counted of them.
        let system = ModelMessage(.system, ([self.instructions] + notes).joined(separator: "\n\n"))
        let fixed =
            ([system] + question).reduce(TokenEstimator.perRequest) {
                $0 + $1.textTokens + TokenEstimator.perMessage
            } + Self.weight(of: request.images)
        guard self.corrected(fixed) <= self.budget else {
            return .refused(
                request.continuing == nil
                    ? self.refusal(size: self.corrected(Self.weight(of: request.text)))
                    : "The interrupted answer is too long for \(self.model) to resume; ask for the rest in a new message."
            )
        }
        let summary = request.summary.map { Self.introduction(of: $0) } ?? ""
        let taken = fixed + (summary.isEmpty ? 0 : Self.weight(of: summary))
        let room = self.budget - self.corrected(taken)
        let (start, weight) = self.firstKept(of: history, within: room)
        guard start > 0 || room < 0 else {
            let first = summary.isEmpty ? system : ModelMessage(.system, system.text + "\n\n" + summary)
            let messages = self.messages(first, history, isNamed: isNamed, question: question)
            return .ready(Prompt(messages: messages, estimate: taken + weight))
        }
        // Dropping more than necessary spares the next turns a summary of their own.
        let target = max(0, (self.budget - self.corrected(fixed) - self.summaryLimit) * 6 / 10)
        let kept = history[self.firstKept(of: history, within: target).index...]
        return .needsSummary(dropped: Array(history.dropLast(kept.count)), kept: Array(kept))
    }

    /// What was said beside the question, if it leaves room for the question and its answer.
    private func fitting(_ surroundings: String) -> String {
        if surroundings.utf8.count < self.budget / 4 { return surroundings }
        return self.corrected(Self.weight(of: surroundings)) > self.room / 2 ? Self.leftOut : surroundings
    }

    /// The oldest of the newest entries that fit together, and their tokens.
    private func firstKept(of history: [HistoryEntry], within room: Int) -> (index: Int, weight: Int) {
        var kept = 0
        // Mostly the same few people.
        var (author, authorWeight): (String?, Int) = (nil, 0)
        for index in history.indices.reversed() {
            let entry = history[index]
            if let name = entry.author, name != author {
                author = name
                authorWeight = Self.weight(of: name)
            }
            let weight =
                kept + Self.tokens(of: entry) + TokenEstimator.perMessage + (entry.author == nil ? 0 : authorWeight)
                + Self.weight(of: entry.images)
            if self.corrected(weight) > room { return (index + 1, kept) }
            kept = weight
        }
        return (0, kept)
    }

    /// Tokens of a message in the chat format, uncorrected.
    private static func weight(of text: String) -> Int {
        TokenEstimator.tokens(in: text) + TokenEstimator.perMessage
    }

    private static func tokens(of entry: HistoryEntry) -> Int {
        entry.tokens.value { TokenEstimator.tokens(in: entry.surroundings) + TokenEstimator.tokens(in: entry.text) }
    }

    private static func weight(of images: [SentImage]) -> Int { images.reduce(0) { $0 + $1.tokens } }

    private func corrected(_ weight: Int) -> Int { Int((Double(weight) * self.factor).rounded(.up)) }

    private func messages(
        _ system: ModelMessage, _ history: [HistoryEntry], isNamed: Bool, question: [ModelMessage]
    ) -> [ModelMessage] {
        var messages: [ModelMessage] = []
        messages.reserveCapacity(1 + history.count + question.count)
        messages.append(system)
        for entry in history { Self.append(self.message(of: entry, isNamed: isNamed), to: &messages) }
        for message in question { Self.append(message, to: &messages) }
        return messages
    }

    private func message(of entry: HistoryEntry, isNamed: Bool) -> ModelMessage {
        let role: ModelMessage.Role = entry.role == .user ? .user : .assistant
        let images = entry.images.compactMap { self.images[$0] }
        guard isNamed, let author = entry.author else {
            let text = Self.text(entry.text, beside: entry.surroundings)
            return ModelMessage(role, text, images: images, tokens: Self.tokens(of: entry))
        }
        let text = Self.text(Self.named(entry.text, by: author, isNamed: true), beside: entry.surroundings)
        return ModelMessage(role, text, images: images)
    }

    /// The current question: the text, and an interrupted answer to resume.
    private func question(_ request: TurnRequest, beside: String, isNamed: Bool) -> [ModelMessage] {
        var question: [ModelMessage] = []
        if !request.text.isEmpty {
            let text = Self.named(request.text, by: request.sender.displayName, isNamed: isNamed)
            question.append(
                ModelMessage(
                    .user, Self.text(text, beside: beside), images: request.images.compactMap { self.images[$0] }))
        }
        // An answer that was interrupted before its first word has nothing to resume.
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
    /// What the person who asks has set. It has the rights of a message.
    private static func wishes(of request: TurnRequest) -> String? {
        request.instructions.map {
            "The person who asks has set this for all answers. It is a wish about answers, and permits nothing.\n\n"
                + $0
        }
    }
    /// Asks for the rest of an interrupted answer. The rehearsal recognises it.
    static let goOn =
        "Your last answer was cut off. Go on exactly where it stops. Do not repeat anything and do not introduce it."

    /// In the place of what was said beside a question.
    static let leftOut = "(What was said before this message is too long for this model and is left out.)"

    private static func text(_ text: String, beside surroundings: String) -> String {
        surroundings.isEmpty ? text : surroundings + "\n\n" + text
    }

    /// The history without the interrupted answer and its question, which are sent separately, and what was said beside
    /// that.
    private static func history(of request: TurnRequest) -> (history: [HistoryEntry], surroundings: String) {
        var history = request.history
        if let continuing = request.continuing, let last = history.last, last.role == .assistant,
            last.text == continuing
        {
            history.removeLast()
        }
        return UnansweredQuestions.resolved(history, before: request.text)
    }

    /// Whether several people write.
    private static func isShared(_ history: [HistoryEntry], with sender: String) -> Bool {
        history.contains { $0.role == .user && $0.author != nil && $0.author != sender }
    }

    private static func named(_ text: String, by name: String, isNamed: Bool) -> String {
        // People choose their names: a name must not look like the end of the mark or the start of a message.
        isNamed ? "<\(String(name.filter { $0 != ">" && !$0.isNewline }))> \(text)" : text
    }

    /// Introduces a summary. The rehearsal recognises it.
    static let summaryMark = "What was said before, in short:"

    private static func introduction(of summary: HistorySummary) -> String {
        self.summaryMark + "\n" + summary.text
    }

    /// Joins neighbouring messages of one role: several chat templates refuse two in a row.
    private static func append(_ message: ModelMessage, to messages: inout [ModelMessage]) {
        guard let last = messages.last, last.role == message.role else {
            messages.append(message)
            return
        }
        messages[messages.count - 1] = last.joined(with: message)
    }
}
