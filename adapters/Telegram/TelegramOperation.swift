package import Chat

/// Something that is to be sent, and how far it is. ``TelegramSession/step(_:at:)`` says what to do next.
package struct TelegramOperation: Sendable {
    /// What is sent.
    package enum Kind: Sendable {
        case post(OutgoingMessage)
        case edit(MessageReference, OutgoingMessage)
        case delete(MessageReference)
        case draft(OutgoingMessage)
        case upload(OutgoingFile)
        case react(String, isOn: Bool, MessageReference)
        /// Where a file can be fetched.
        case locate(Attachment)
    }

    /// What to do next.
    package enum Step: Sendable {
        case call(TelegramCall)
        /// Milliseconds.
        case wait(Int64)
        case done(Outcome)
        case failed(AdapterError)
    }

    /// What came out.
    package enum Outcome: Sendable, Equatable {
        case done
        case message(MessageReference)
        /// A path below the file server's.
        case file(String)
    }

    package let kind: Kind
    var result: Result<Outcome, AdapterError>?
    /// What the platform did not take, and is left out of the next try.
    var withoutThread = false
    var withoutEntities = false
    var withoutReply = false
    /// What the message shows when this is done.
    var content: Int?
    /// The calls made; each mishap is met once.
    var calls = 0
    /// It goes although the budget is used up.
    var isProbe = false
    /// Milliseconds waited for a place.
    var waited: Int64 = 0

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// Where it goes; nil where that matters to no budget.
    var room: RoomID? {
        switch self.kind {
        case .post(let message), .draft(let message): message.route.room
        case .edit(let reference, _), .delete(let reference), .react(_, _, let reference): reference.room
        case .upload(let file): file.route.room
        case .locate: nil
        }
    }

    /// What it is worth waiting for.
    var priority: TelegramBudget.Priority {
        switch self.kind {
        case .post(let message), .edit(_, let message), .draft(let message):
            message.stage == .preview ? .preview : .final
        case .delete, .upload, .react, .locate: .final
        }
    }

    /// Whether it counts as a message.
    var isCounted: Bool {
        switch self.kind {
        case .post, .edit, .draft, .upload: true
        case .delete, .react, .locate: false
        }
    }
}
