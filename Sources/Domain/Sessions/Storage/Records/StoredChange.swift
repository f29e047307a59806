package import Chat

/// An edit or deletion of a waiting message.
package enum MessageChange: Sendable, Equatable {
    case edit(MessageEdit)
    case deletion(MessageReference)

    package var reference: MessageReference {
        switch self {
        case .edit(let edit): edit.reference
        case .deletion(let reference): reference
        }
    }

    /// Who changed it; unknown for a deletion.
    package var sender: Sender? {
        if case .edit(let edit) = self { edit.sender } else { nil }
    }

    /// Whether it applies to a message of `sender`: people edit only their own messages, and a deletion always counts.
    package func counts(for sender: Sender) -> Bool { self.sender.map { $0.id == sender.id } ?? true }
}

/// An unhandled change in the inbox.
package struct StoredChange: Sendable {
    package let number: Int64
    package let event: String
    package let change: MessageChange
    /// The sender's role when the change arrived.
    package let role: Role?
}

/// An inbox entry of a thread.
package enum InboxEntry: Sendable {
    case message(StoredMessage, Intent)
    case change(StoredChange)
}

/// The effect of an edit on its turn.
package enum EditedTurn: Sendable, Equatable {
    /// None: the new text is empty.
    case unchanged
    /// The new question.
    case question(String)
    /// It is another kind of message now, to be handled as if it had just arrived.
    case message

    /// A chat question stays one unless its text begins like a command.
    package static func determine(_ text: String, for turn: TurnRecord, sign: Character) -> Self {
        let text = text.trimmed
        if text.isEmpty { return .unchanged }
        guard PairingWords.codeAfterPair(in: text) == nil, turn.kind == .chat,
            case .chat(let question) = Intent.parse(text, sign: sign)
        else { return .message }
        return .question(question)
    }
}
