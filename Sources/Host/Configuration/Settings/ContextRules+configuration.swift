internal import Chat
internal import JSON

/// Reads `context`: how much of what was said beside a question a model is given.
extension ContextRules {
    static func read(_ section: Section) -> Rule {
        section.read(
            "context", default: .upTo(ContextLimits()),
            shown: ["thread": 50, "room": 20, "age": "7d", "tokens": 8_000], Self.rule)
    }

    private enum Word: String, CaseIterable { case none }

    /// `none`, or limits, of which each has a default.
    static func rule(_ value: Value) -> Rule? {
        guard value.isMapping else {
            let word: Word? = value.choice()
            return word == nil ? nil : Rule.none
        }
        return value.section { section in
            let standard = ContextLimits()
            return .upTo(
                ContextLimits(
                    thread: section.read("thread", default: standard.thread) { $0.integer(in: 0...200) },
                    room: section.read("room", default: standard.room) { $0.integer(in: 0...200) },
                    age: section.read("age", default: .milliseconds(standard.age)) {
                        $0.duration(from: .seconds(60), to: .seconds(90 * 86_400))
                    }.components.seconds * 1_000,
                    tokens: section.read("tokens", default: standard.tokens) { $0.integer(in: 256...100_000) }))
        }
    }
}
