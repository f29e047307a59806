/// Which messages are for the bot in a thread that it is part of.
package enum ThreadAnswers: String, Sendable, CaseIterable {
    case always
    /// Only those that mention it or reply to it.
    case mentioned
}

/// Where the bot answers which messages.
package struct AnswerRules: Sendable, Equatable {
    package var standard: ThreadAnswers
    package var adapters: [AdapterID: ThreadAnswers]
    package var rooms: [RoomID: ThreadAnswers]

    package init(
        standard: ThreadAnswers = .always, adapters: [AdapterID: ThreadAnswers] = [:],
        rooms: [RoomID: ThreadAnswers] = [:]
    ) {
        self.standard = standard
        self.adapters = adapters
        self.rooms = rooms
    }

    package func threads(in room: RoomID) -> ThreadAnswers {
        self.rooms[room] ?? self.adapters[room.adapter] ?? self.standard
    }
}
