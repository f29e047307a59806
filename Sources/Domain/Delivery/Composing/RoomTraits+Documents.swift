package import Chat

extension RoomTraits {
    /// The traits for a turn of `kind`. Where every line is a message of its own that cannot be taken back, a document
    /// shows only its beginning and the link: all its lines would keep the room busy for minutes.
    package func showing(_ kind: TurnKind) -> RoomTraits {
        guard kind.isDocument, !self.isMultiline,
            self.capabilities.isDisjoint(with: [.edits, .transcript])
        else { return self }
        var traits = self
        traits.answerMessages = min(self.answerMessages, 6)
        traits.excerptMessages = min(self.excerptMessages, 6)
        return traits
    }
}
