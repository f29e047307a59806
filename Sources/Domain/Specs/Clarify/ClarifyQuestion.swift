internal import Chat
internal import JSON
internal import Primitives
internal import SpecDocuments

/// A question about a specification, with answers to choose from.
struct ClarifyQuestion: Sendable, Hashable {
    // Change: a specification's sections and questions
    /// The most questions of one session, as in spec-kit.
    static let limit = 5
    static let optionLimit = 5
    /// In characters.
    private static let textLimit = 400
    private static let labelLimit = 160

    /// One line.
    let text: String
    /// One line each.
    let options: [String]
    /// The index of the recommended option.
    let recommended: Int?
    /// Text of the specification that the answer changes; a mark `[NEEDS CLARIFICATION: …]` or a sentence.
    let place: String?

    init(text: String, options: [String] = [], recommended: Int? = nil, place: String? = nil) {
        self.text = text
        self.options = options
        self.recommended = recommended.flatMap { options.indices.contains($0) ? $0 : nil }
        self.place = place
    }

    /// Nil without a text.
    init?(_ json: JSON) {
        guard let text = json["question"]?.stringValue?.onOneLine.abridged(to: Self.textLimit), !text.isEmpty else {
            return nil
        }
        var options: [String] = []
        for option in json["options"]?.arrayValue ?? [] {
            let words = option.stringValue ?? option["label"]?.stringValue ?? ""
            let label = words.onOneLine.abridged(to: Self.labelLimit)
            if !label.isEmpty, !options.contains(label), options.count < Self.optionLimit { options.append(label) }
        }
        let place = json["where"]?.stringValue ?? ""
        self.init(
            text: text, options: options, recommended: json["recommended"]?.intValue,
            place: place.allSatisfy(\.isWhitespace) ? nil : place)
    }

    var json: JSON {
        var fields: JSONObject = [
            "question": .string(self.text), "options": .array(self.options.map { .string($0) }),
        ]
        if let recommended { fields["recommended"] = JSON(recommended) }
        if let place { fields["where"] = .string(place) }
        return .object(fields)
    }

    /// The questions in a model's answer, which may have words or a fence around the array. Nil without an array.
    static func all(in answer: String) -> [ClarifyQuestion]? {
        guard let start = answer.utf8.firstIndex(of: UInt8(ascii: "[")),
            let end = answer.utf8.lastIndex(of: UInt8(ascii: "]")), start < end,
            let items = (try? JSON.parse(String(answer[start...end])))?.arrayValue
        else { return nil }
        var questions: [ClarifyQuestion] = []
        for item in items where questions.count < Self.limit {
            guard let question = ClarifyQuestion(item), !questions.contains(where: { $0.text == question.text }) else {
                continue
            }
            questions.append(question)
        }
        return questions
    }

    /// The questions that a specification marks itself.
    static func marked(in spec: SpecDocument) -> [ClarifyQuestion] {
        spec.questions.prefix(Self.limit).map { mark in
            let text = mark.question.onOneLine.abridged(to: Self.textLimit)
            return ClarifyQuestion(
                text: text.isEmpty ? "What belongs in line \(mark.line + 1) of the specification?" : text,
                place: spec.markdown.bytes[mark.range].text)
        }
    }
}

/// The questions of one `clarify` and its progress, stored with the open question.
struct ClarifySession: Sendable, Hashable {
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
            lifetime: Self.lifetime, kind: .clarify, payload: self.text)
    }
}

extension ClarifySession {
    init?(_ payload: String) {
        guard let json = try? JSON.parse(payload), let repository = json["repository"]?.stringValue,
            let feature = json["feature"]?.stringValue, let items = json["questions"]?.arrayValue
        else { return nil }
        self.init(
            repository: repository, feature: feature, questions: items.compactMap { ClarifyQuestion($0) },
            index: json["index"]?.intValue ?? 0, recorded: json["recorded"]?.intValue ?? 0)
    }

    private var text: String {
        JSON.object([
            "repository": .string(self.repository), "feature": .string(self.feature),
            "questions": .array(self.questions.map(\.json)), "index": JSON(self.index), "recorded": JSON(self.recorded),
        ]).text
    }
}
