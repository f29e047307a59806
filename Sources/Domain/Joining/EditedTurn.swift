package import Chat
internal import Etiquette
internal import Primitives
package import Store
package import Threads

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

    /// Whether two texts differ in more than white space.
    package static func differ(_ one: String, _ other: String) -> Bool {
        func words(_ text: String) -> some Sequence<Unicode.Scalar> {
            text.unicodeScalars.lazy.filter { !$0.properties.isWhitespace }
        }
        return !words(one).elementsEqual(words(other))
    }

    /// The message that replaces a turn's question after an edit.
    package static func message(of turn: TurnRecord, reading edit: MessageEdit, in thread: ThreadKey) -> InboundMessage
    {
        InboundMessage(
            thread: thread, route: turn.route.answering(edit.reference.id), sender: edit.sender, text: edit.text,
            sentAt: turn.queuedAt, isDirect: false, isAddressed: true)
    }
}

/// An edit or deletion of one of several messages that wait as one turn.
package struct PartChange: Sendable {
    /// The turn afterwards.
    package let turn: TurnRecord
    /// The edit made another kind of message of it, to be handled like one that has just arrived.
    package var renewed: StoredMessage?
}

extension Ledger {
    /// Applies a change to one of the messages of a waiting turn, and ends the change's inbox entry.
    package func apply(_ stored: StoredChange, toPartOf turn: TurnRecord, sign: Character) throws -> PartChange {
        let message = stored.change.reference.id
        var result = PartChange(turn: turn)
        switch stored.change {
        case .deletion: result = PartChange(turn: try self.remove(message, from: turn))
        case .edit(let edit):
            switch EditedTurn.determine(edit.text, for: turn, sign: sign) {
            case .unchanged: break
            case .question(let text):
                result = PartChange(turn: try self.edit(turn, message: message, written: edit.text, asked: text))
            case .message:
                guard let thread = try self.session(id: turn.session)?.key else { break }
                let renewed = EditedTurn.message(of: turn, reading: edit, in: thread)
                return PartChange(
                    turn: try self.remove(message, from: turn), renewed: try self.renew(stored, as: renewed))
            }
        }
        try self.finishEvent(stored.number, turn: nil)
        return result
    }

    /// Takes an edit of a question that has begun a turn into the transcript and all later prompts. Returns the turn, and
    /// whether it asks something else now; nil if the edit has no effect.
    package func rewrite(_ edit: MessageEdit, sign: Character) throws -> (turn: TurnRecord, isOther: Bool)? {
        guard let turn = try self.received(edit.reference)?.turn.flatMap({ try self.turn(id: $0) }),
            turn.kind == .chat, turn.sender.id == edit.sender.id,
            case .question(let text) = EditedTurn.determine(edit.text, for: turn, sign: sign),
            let asked = turn.asked(by: edit.reference.id), !asked.hasBytes(of: TurnTexts.deletedByAuthor)
        else { return nil }
        let edited = try self.edit(turn, message: edit.reference.id, written: edit.text, asked: text)
        try self.discardSummary(covering: turn)
        return (edited, EditedTurn.differ(asked, text))
    }
}
