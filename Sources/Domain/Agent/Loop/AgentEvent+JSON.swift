package import JSON
internal import Models

extension AgentEvent {
    /// The event's name in the stored form.
    package var kind: String {
        switch self {
        case .asked: "asked"
        case .answered: "answered"
        case .decided: "decided"
        case .started: "started"
        case .finished: "finished"
        case .noted: "noted"
        case .steered: "steered"
        case .folded: "folded"
        case .summarised: "summarised"
        case .resumed: "resumed"
        case .ended: "ended"
        }
    }

    /// The stored form; write it as ``JSON/canonicalText``.
    package var json: JSON {
        switch self {
        case .asked(let model, let digest): ["model": .string(model), "digest": .string(digest)]
        case .answered(let answer): answer.json
        case .decided(let decision): decision.json
        case .started(let start):
            JSON.object([
                "call": .string(start.call), "title": .string(start.title), "files": .strings(start.files),
            ])
        case .finished(let finish): finish.json
        case .noted(let note): ["cause": .string(note.cause.rawValue), "text": .string(note.text)]
        case .steered(let author, let text): ["author": .string(author), "text": .string(text)]
        case .folded(let calls): ["calls": .strings(calls)]
        case .summarised(let summary): summary.json
        case .resumed: [:]
        case .ended(let ending): ending.json
        }
    }

    /// Nil for a form of another version.
    package init?(kind: String, json: JSON) {
        let event: AgentEvent? =
            switch kind {
            case "asked":
                json.text("model").flatMap { model in json.text("digest").map { .asked(model: model, digest: $0) } }
            case "answered": Answer(json: json).map { .answered($0) }
            case "decided": Decision(json: json).map { .decided($0) }
            case "started": Start(json: json).map { .started($0) }
            case "finished": Finish(json: json).map { .finished($0) }
            case "noted": Note(json: json).map { .noted($0) }
            case "steered": json.text("text").map { .steered(author: json.text("author") ?? "", text: $0) }
            case "folded": .folded(json.texts("calls"))
            case "summarised": Summary(json: json).map { .summarised($0) }
            case "resumed": .resumed
            case "ended": AgentEnding(json: json).map { .ended($0) }
            default: nil
            }
        guard let event else { return nil }
        self = event
    }
}

extension JSON {
    static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
    static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }

    func text(_ key: String) -> String? { self[key]?.stringValue }
    func number(_ key: String) -> Int { self[key]?.intValue ?? 0 }
    func texts(_ key: String) -> [String] { (self[key]?.arrayValue ?? []).compactMap(\.stringValue) }
    func counts(_ key: String) -> [String: Int] {
        Dictionary((self[key]?.objectValue ?? [:]).map { ($0.key, $0.value.intValue ?? 0) }) { $1 }
    }
}
