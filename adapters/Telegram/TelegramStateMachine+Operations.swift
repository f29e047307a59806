internal import Chat
internal import JSON
package import Kit
internal import Logging

/// Sending: the steps of a ``TelegramOperation``.
extension TelegramStateMachine {
    private static let waitLimit: Int64 = 2_000
    private static let callLimit = 4
    private static let unknownContent = 0

    /// The next step of `operation`. After a call, pass the answer to ``take(_:for:at:)``, then ask for the next step.
    package mutating func step(_ operation: inout TelegramOperation, at now: AdapterTime) -> TelegramOperation.Step {
        self.now = now
        if let result = operation.result {
            switch result {
            case .success(let outcome): return .done(outcome)
            case .failure(let error): return .failed(error)
            }
        }
        if let error = self.obstacle { return .failed(error) }
        guard let room = operation.room else { return self.call(&operation, chat: 0) }
        guard let name = Int64(room.name) else {
            return .failed(AdapterError(.notFound, "\(room.name) is not a valid Telegram chat id"))
        }
        let chat = self.memory.current(name)
        if let why = self.rooms[chat]?.refusal { return .failed(AdapterError(.forbidden, why, isOfRoom: true)) }
        let step = self.call(&operation, chat: chat)
        guard case .call = step else { return step }
        guard case .edit(let reference, _) = operation.kind, let content = operation.content else {
            return self.admit(&operation, to: chat) ?? step
        }
        if self.shown[reference] == content { return .done(.done) }
        if let wait = self.admit(&operation, to: chat) { return wait }
        // What the message shows is unknown until the answer arrives.
        self.shown[reference] = Self.unknownContent
        return step
    }

    /// The reason why nothing can be sent at all, if there is one.
    private var obstacle: AdapterError? {
        switch self.phase {
        case .up: nil
        case .refused: AdapterError(.unauthorized, "Telegram does not accept the bot's token. Check it with `doctor`")
        case .idle, .identifying, .preparing, .stopped:
            AdapterError(.disconnected, "The bot is not connected to Telegram at the moment")
        }
    }

    /// Checks the budget; nil if the call may be sent.
    private mutating func admit(_ operation: inout TelegramOperation, to chat: Int64) -> TelegramOperation.Step? {
        guard operation.isCounted else {
            let pause = self.budget.pausedUntil(chat) - self.now.monotonic
            return pause > 0 ? .failed(Self.limited(pause)) : nil
        }
        // The repair of a refused call is still the same message.
        guard operation.calls == 0 || self.budget.pausedUntil(chat) > self.now.monotonic else { return nil }
        self.budget.tidy(at: self.now.monotonic)
        switch self.budget.ask(chat, operation.priority, at: self.now.monotonic) {
        case .go: return nil
        case .probe:
            operation.isProbe = true
            return nil
        case .refuse(let time): return .failed(Self.limited(time))
        case .spare(let time):
            // Not `.rateLimited`: finals may still be sent at once.
            return .failed(
                AdapterError(
                    .disconnected, "The rest of Telegram's rate limit is reserved for final messages",
                    retryAfter: .milliseconds(time), isOwnPace: true))
        case .wait(let time):
            operation.waited += time
            return operation.waited > Self.waitLimit ? .failed(Self.limited(time)) : .wait(time)
        }
    }

    private static func limited(_ milliseconds: Int64) -> AdapterError {
        AdapterError(
            .rateLimited, "Telegram's rate limit is used up at the moment",
            retryAfter: .milliseconds(max(milliseconds, 1)), isOwnPace: true)
    }

    // MARK: Answers

    /// Processes the answer to the call that ``step(_:at:)`` asked for.
    package mutating func take(_ answer: TelegramAnswer, for operation: inout TelegramOperation, at now: AdapterTime) {
        self.now = now
        operation.calls += 1
        if operation.isProbe {
            operation.isProbe = false
            self.budget.probed(wasRefused: answer.isFlood, at: now.monotonic)
        }
        switch answer {
        case .result(let json):
            let result = self.outcome(json, of: operation)
            self.remember(operation, result)
            if case .success(let outcome) = result { self.noteOwn(operation, outcome) }
            operation.result = result
        case .broken(let failure):
            // For drafts a bare 404 can safely count as unsupported: messages are edited instead.
            if failure.isUnknownPath, case .draft = operation.kind {
                self.withoutDrafts(nil, TelegramRefusal(code: 404, text: failure.text))
            }
            operation.result = .failure(failure.error)
            if case .locate = operation.kind {
                self.log(.info, "A file could not be downloaded: \(failure.text)")
                operation.result = .failure(
                    AdapterError(failure.error.code, "Telegram could not be reached. Send it again"))
            }
        case .refused(let refusal):
            if operation.calls < Self.callLimit, self.repair(&operation, after: refusal) { return }
            operation.result = self.outcome(refusal, of: operation)
        }
    }

    private mutating func outcome(_ json: JSON, of operation: TelegramOperation) -> TelegramOperation.Ending {
        switch operation.kind {
        case .post(let message): return self.posted(json, answering: message.route)
        case .upload(let file): return self.posted(json, answering: file.route)
        case .locate:
            guard let path = json["file_path"]?.stringValue else {
                return .failure(AdapterError(.notFound, "Telegram gave no download path for the file. Send it again"))
            }
            return .success(.file(path))
        case .edit, .delete, .react, .draft: return .success(.done)
        }
    }

    /// Remembers what a message now shows.
    private mutating func remember(_ operation: TelegramOperation, _ result: TelegramOperation.Ending) {
        guard let content = operation.content, case .success(let outcome) = result else { return }
        if case .message(let reference) = outcome { self.shown[reference] = content }
        if case .edit(let reference, _) = operation.kind { self.shown[reference] = content }
    }

    private mutating func posted(_ json: JSON, answering route: Route) -> TelegramOperation.Ending {
        guard let message = TelegramMessage(json) else { return .failure(TelegramOperation.withoutID) }
        let room = self.room(message.chat.id)
        // Later messages of the same answer appear below this one and need no reply mark.
        if room == route.room, let answered = route.replyTo {
            self.repliedTo[MessageReference(room: room, id: answered)] = true
        }
        return .success(.message(MessageReference(room: room, id: "\(message.id)")))
    }

    private mutating func outcome(
        _ refusal: TelegramRefusal, of operation: TelegramOperation
    ) -> TelegramOperation.Ending {
        if refusal.isUnauthorized { self.refuse(refusal) }
        let chat = operation.room.flatMap { Int64($0.name) }.map { self.memory.current($0) }
        if refusal.code == 429, let chat { self.slowDown(chat, seconds: refusal.retryAfter ?? 5) }
        switch operation.kind {
        case .edit:
            if refusal.says("message is not modified") { return .success(.done) }
            // A server that cannot edit messages needs a new post.
            if refusal.isUnknownMethod { return .failure(AdapterError(.uneditable, refusal.error.message)) }
        case .delete: if refusal.says("message to delete not found") { return .success(.done) }
        case .react: if refusal.says("reaction_invalid") || refusal.says("reactions_") { return .success(.done) }
        case .draft: if refusal.code != 429, refusal.code < 500 { self.withoutDrafts(chat, refusal) }
        // Every server accepts messages, so something else is wrong; the next poll will show what.
        case .post: if refusal.isUnknownMethod { return .failure(AdapterError(.disconnected, refusal.error.message)) }
        case .locate: if refusal.says("too big") { return .failure(Self.tooLarge) }
        case .upload: break
        }
        return .failure(refusal.error)
    }

    /// Sends nothing to a chat after a 429, which the next run must respect as well.
    mutating func pause(_ chat: Int64, for milliseconds: Int64) {
        self.budget.pause(chat, for: milliseconds, at: self.now.monotonic)
        let now = self.now.wall
        self.memory.pauses = self.memory.pauses.filter { $0.value > now }
        self.memory.pauses[chat] = now + milliseconds
        self.act(.remember(self.memory, isVital: false))
    }

    /// After a 429, pauses the chat and slows down later edits.
    private mutating func slowDown(_ chat: Int64, seconds: Int64) {
        // The extra 250 ms allow for seconds that Telegram rounded down.
        self.pause(chat, for: seconds * 1_000 + 250)
        let now = self.now.monotonic
        self.change(chat) { room in
            room.slowness = min(room.slowness * 2, 8)
            room.slowedAt = now
        }
        self.log(.info, "Telegram throttles chat \(chat): no messages for \(seconds) s")
    }

    /// Prepares a retry without the part that Telegram refused, if possible. The refused call has sent nothing.
    private mutating func repair(_ operation: inout TelegramOperation, after refusal: TelegramRefusal) -> Bool {
        if let new = refusal.migratedTo, let old = operation.room.flatMap({ Int64($0.name) }) {
            if let incoming = self.migrate(self.memory.current(old), to: new) { self.deliver([incoming]) }
            return self.memory.current(old) == new
        }
        guard refusal.code == 400 else { return false }
        if refusal.says("message thread not found"), !operation.withoutThread {
            operation.withoutThread = true
            return true
        }
        if refusal.says("message to be replied not found") || refusal.says("replied message not found"),
            !operation.withoutReply
        {
            operation.withoutReply = true
            return true
        }
        if refusal.says("entit"), !operation.withoutEntities {
            operation.withoutEntities = true
            self.log(.warning, "Telegram refused a message's markup (\(refusal.text)); sending it as plain text")
            return true
        }
        return false
    }
}
