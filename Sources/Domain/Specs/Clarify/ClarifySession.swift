internal import Chat
internal import JSON

/// The questions of one `clarify` and its progress, stored with the open question.
struct ClarifySession: Sendable, Hashable {
    static let worker = "clarify"
    /// People answer in their own time.
    static let lifetime = Duration.seconds(30 * 24 * 3_600)

    let repository: String
    /// The folder's name below `specs/`.
    let feature: String
    let questions: [ClarifyQuestion]
    /// The index of the open question.
    var index = 0
    /// The number of recorded answers.
    var recorded = 0

    var current: ClarifyQuestion? { self.questions.indices.contains(self.index) ? self.questions[self.index] : nil }

    /// The open question, to end a turn with.
    var parked: ParkedQuestion? {
        guard let question = self.current else { return nil }
        let options = question.options.enumerated().map { index, label in
            ThreadQuestion.Option(label, isRecommended: index == question.recommended)
        }
        let place = "Question \(self.index + 1) of \(self.questions.count) about `\(self.feature)`"
        return ParkedQuestion(
            ThreadQuestion(.clarify, "\(place): \(question.text)", options: options, answerer: .members),
            lifetime: Self.lifetime, worker: Self.worker, payload: self.text)
    }

    init(repository: String, feature: String, questions: [ClarifyQuestion]) {
        self.repository = repository
        self.feature = feature
        self.questions = questions
    }

    init?(_ payload: String) {
        guard let json = try? JSON.parse(payload), let repository = json["repository"]?.stringValue,
            let feature = json["feature"]?.stringValue, let items = json["questions"]?.arrayValue
        else { return nil }
        self.init(repository: repository, feature: feature, questions: items.compactMap { ClarifyQuestion($0) })
        self.index = json["index"]?.intValue ?? 0
        self.recorded = json["recorded"]?.intValue ?? 0
    }

    private var text: String {
        JSON.object([
            "repository": .string(self.repository), "feature": .string(self.feature),
            "questions": .array(self.questions.map(\.json)), "index": JSON(self.index), "recorded": JSON(self.recorded),
        ]).text
    }
}
