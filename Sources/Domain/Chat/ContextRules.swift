/// How much of what was said in a room beside a question a model is given.
package struct ContextLimits: Sendable, Equatable {
    /// Messages of a thread, without its root.
    package var thread: Int
    /// Messages of a room without threads.
    package var room: Int
    /// Older messages are left out. Milliseconds.
    package var age: Int64
    /// Of a question's lines together, as estimated.
    package var tokens: Int

    package init(thread: Int = 50, room: Int = 20, age: Int64 = 7 * 86_400_000, tokens: Int = 8_000) {
        self.thread = thread
        self.room = room
        self.age = age
        self.tokens = tokens
    }
}

/// Where a model is given what was said beside a question. What a question itself replies to or forwards is part of it
/// everywhere.
package struct ContextRules: Sendable, Equatable {
    package enum Rule: Sendable, Equatable {
        case none
        case upTo(ContextLimits)
    }

    package var standard: Rule
    package var adapters: [AdapterID: Rule]
    package var rooms: [RoomID: Rule]

    package init(
        standard: Rule = .upTo(ContextLimits()), adapters: [AdapterID: Rule] = [:], rooms: [RoomID: Rule] = [:]
    ) {
        self.standard = standard
        self.adapters = adapters
        self.rooms = rooms
    }

    /// Nil where it is off.
    package func limits(in room: RoomID) -> ContextLimits? {
        switch self.rooms[room] ?? self.adapters[room.adapter] ?? self.standard {
        case .none: nil
        case .upTo(let limits): limits
        }
    }
}
