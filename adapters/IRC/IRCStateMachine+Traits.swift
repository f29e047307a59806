package import Chat

extension IRCStateMachine {
    /// The current traits of a room. Each line is a separate message; the flood bucket paces them.
    package func traits(of room: RoomID) -> RoomTraits {
        let isChannel = self.link.features.isChannel(room.name)
        var capabilities: RoomTraits.Capabilities = []
        if self.canType { capabilities.insert(.typing) }
        if self.hasHistory { capabilities.insert(.history) }
        let budget = self.budget(target: room.name) - (isChannel ? self.addresseeReserve : 0)
        return RoomTraits(
            capabilities: capabilities, textLimit: max(64, budget), textUnit: .bytes, isMultiline: false,
            answerMessages: 60, excerptMessages: 12, commandSign: "!")
    }
}
