import TestSupport

/// One conversation on a network, in which people write commands and wait for commits.
extension ServedNetwork {
    /// In the channel, the private chat with the bot, a thread. (In a group of Telegram, a command that replies to nothing
    /// begins a thread of its own.)
    var flowConversation: Int { self.name == "telegram" ? 0 : 1 }

    func flowRoom() async throws -> [RoomMessage] { try await self.room(self.flowConversation) }

    func command(_ text: String) async throws {
        // Slack has no sign, but a mention.
        let sign = (self as? ServedSlack).map { "\($0.slack.mention) " } ?? self.sign
        try await self.say("\(sign)\(text)", in: self.flowConversation)
    }

    func say(_ text: String) async throws { try await self.say(text, in: self.flowConversation) }

    @discardableResult
    func wait(
        for what: String, within limit: Duration = .seconds(90), until isMet: @Sendable ([RoomMessage]) -> Bool
    ) async throws -> [RoomMessage] {
        let deadline = ContinuousClock.now + limit
        while true {
            let room = try await self.flowRoom()
            if isMet(room) { return room }
            guard ContinuousClock.now < deadline else {
                let words = room.map { "\($0.author): \($0.plain)" }.joined(separator: "\n")
                throw NetworkFailure("\(self.name): no \(what) in time:\n\(words.suffix(6_000))")
            }
            try await self.change()
        }
    }

    /// Waits until the bot has said something.
    @discardableResult
    func wait(forWords words: String) async throws -> [RoomMessage] {
        try await self.wait(for: "“\(words)”") { room in
            // The web shows Markdown.
            room.contains { $0.isFromBot && $0.plain.replacing("`", with: "").contains(words) }
        }
    }

    /// Waits until the room shows this many commits, and returns their links in order.
    @discardableResult
    func wait(forCommits count: Int) async throws -> [String] {
        try await self.wait(for: "commit \(count)") { $0.commitLinks.count >= count }.commitLinks
    }
}

extension [RoomMessage] {
    /// The bot's links to commits in the order of the room, repeated ones too.
    var commitLinks: [String] {
        self.filter(\.isFromBot).flatMap { message in
            message.plain.matches(of: /http[^\s|>)]+\/commit\/[0-9a-f]{40}/).map { String($0.0) }
        }
    }
}
