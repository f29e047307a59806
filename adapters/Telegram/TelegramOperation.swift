package import Chat

/// Something to send, and its progress. ``TelegramStateMachine/step(_:at:)`` returns the next step.
package struct TelegramOperation: Sendable {
    package enum Kind: Sendable {
        case post(OutgoingMessage)
        case edit(MessageReference, OutgoingMessage)
        case delete(MessageReference)
        case draft(OutgoingMessage)
        case upload(OutgoingFile)
        case react(String, isOn: Bool, MessageReference)
        /// Asks for a file's download path.
        case locate(Attachment)
    }

    package enum Step: Sendable {
        case call(TelegramCall)
        /// Milliseconds.
        case wait(Int64)
        case done(Outcome)
        case failed(AdapterError)
    }

    package enum Outcome: Sendable, Equatable {
        case done
        case message(MessageReference)
        /// A path on the file server.
        case file(String)
    }

    static let withoutID = AdapterError(
        .timedOut, "Telegram returned no id for the message, which may have been sent", isCertain: false)

    package typealias Ending = Result<Outcome, AdapterError>

    package let kind: Kind
    var result: Ending?
    // Parts that the platform refused, left out of the next attempt.
    var withoutThread = false
    var withoutEntities = false
    var withoutReply = false
    /// Hash of the content that the message will show.
    var content: Int?
    /// Calls made so far.
    var calls = 0
    /// Sent although the budget is used up.
    var isProbe = false
    /// Milliseconds spent waiting for the budget.
    var waited: Int64 = 0

    /// The target room; nil if the operation uses no budget.
    var room: RoomID? {
        switch self.kind {
        case .post(let message), .draft(let message): message.route.room
        case .edit(let reference, _), .delete(let reference), .react(_, _, let reference): reference.room
        case .upload(let file): file.route.room
        case .locate: nil
        }
    }

    var priority: TelegramBudget.Priority {
        switch self.kind {
        case .post(let message), .edit(_, let message), .draft(let message):
            message.stage == .preview ? .preview : .final
        case .delete, .upload, .react, .locate: .final
        }
    }

    /// Whether it counts against the message limits.
    var isCounted: Bool {
        switch self.kind {
        case .post, .edit, .draft, .upload: true
        case .delete, .react, .locate: false
        }
    }
}
