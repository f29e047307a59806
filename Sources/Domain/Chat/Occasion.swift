/// When and where a question is asked, and who takes part: what the prompt says of it.
package struct Occasion: Sendable, Equatable {
    package struct Person: Sendable, Equatable {
        /// As the person chose it.
        package let name: String
        /// Nil for somebody without access.
        package let role: Role?
        package let isAsking: Bool
        package let isBot: Bool

        package init(name: String, role: Role?, isAsking: Bool, isBot: Bool = false) {
            self.name = name
            self.role = role
            self.isAsking = isAsking
            self.isBot = isBot
        }
    }

    /// Milliseconds since 1970.
    package let askedAt: Int64
    package let room: RoomID
    /// What people call the room.
    package let title: String?
    /// The room shows messages of several lines.
    package let isMultiline: Bool
    /// Who has written, and who asks.
    package let people: [Person]

    package init(askedAt: Int64, room: RoomID, title: String? = nil, isMultiline: Bool, people: [Person]) {
        self.askedAt = askedAt
        self.room = room
        self.title = title
        self.isMultiline = isMultiline
        self.people = people
    }
}
