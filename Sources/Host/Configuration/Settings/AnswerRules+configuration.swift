internal import Chat
internal import JSON

/// Reads `answers` and, in rooms, `context`: at the top, in an adapter, and in a room of an adapter.
extension AnswerRules {
    static func read(_ section: Section) -> ThreadAnswers {
        section.read("answers", default: .always, shown: ["threads": "always"], Self.threads)
    }

    /// What an entry of a network says about itself and its rooms.
    mutating func read(_ section: Section, of adapter: AdapterID, _ context: inout ContextRules) {
        self.adapters[adapter] = section.optional("answers", Self.threads)
        context.adapters[adapter] = section.optional("context", ContextRules.rule)
        for (name, value) in section.optional("rooms", { $0.members() }) ?? [] {
            let room = RoomID(adapter: adapter, name: name)
            let rules = value.section {
                ($0.optional("answers", Self.threads), $0.optional("context", ContextRules.rule))
            }
            self.rooms[room] = rules?.0
            context.rooms[room] = rules?.1
        }
    }

    /// `mentioned`, or `{threads: mentioned}`.
    private static func threads(_ value: Value) -> ThreadAnswers? {
        guard value.isMapping else { return value.choice() }
        return value.section { $0.read("threads", default: .always) { $0.choice() } }
    }
}
