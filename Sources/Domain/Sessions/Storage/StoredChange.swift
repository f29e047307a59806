package import Chat

/// A person's word about a message that waits.
package enum MessageChange: Sendable, Equatable {
    /// It reads otherwise now.
    case edit(MessageEdit)
    /// It is gone.
    case deletion(MessageReference)

    package var reference: MessageReference {
        switch self {
        case .edit(let edit): edit.reference
        case .deletion(let reference): reference
        }
    }

    /// Who changed it; not told for a deletion.
    package var sender: Sender? {
        if case .edit(let edit) = self { edit.sender } else { nil }
    }

    /// Whether it counts for a message of `sender`: only one's own can be edited, and what is gone is gone.
    package func counts(for sender: Sender) -> Bool { self.sender.map { $0.id == sender.id } ?? true }
}

/// A change that is in the inbox and not handled yet.
package struct StoredChange: Sendable {
    package let number: Int64
    package let event: String
    package let change: MessageChange
    /// What the sender was when the change came in.
    package let role: Role?
}

/// What the inbox holds for a thread.
package enum InboxEntry: Sendable {
    case message(StoredMessage)
    case change(StoredChange)
}

/// What an edited message asks of its turn.
package enum EditedTurn: Sendable, Equatable {
    /// Nothing: there is no text any more.
    case unchanged
    /// The question reads so now.
    case question(String)
    /// It is another kind of message now, to be taken as if it had just come.
    case message

    /// A chat question stays one unless its text begins as a command does.
    package static func determine(_ text: String, for turn: TurnRecord, sign: Character) -> Self {
        let text = text.trimmed
        if text.isEmpty { return .unchanged }
        guard turn.kind == "chat", case .chat(let question) = Intent.parse(text, sign: sign) else { return .message }
        return .question(question)
    }
}
