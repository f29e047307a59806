internal import Chat
internal import Crypto
internal import JSON
internal import Kit
internal import Logging

/// Signs of work in progress: the typing sign and drafts.
extension TelegramStateMachine {
    struct Typing: Sendable {
        let call: TelegramCall
        let until: Int64
    }

    /// In milliseconds; a faster answer needs no sign.
    private static let typingDelay: Int64 = 100
    /// Telegram hides the sign after five seconds.
    private static let typingInterval: Int64 = 4_000
    /// Ends a forgotten sign: no turn lasts longer.
    private static let limit: Int64 = 20 * 60_000
    private static let placeLimit = 4_096

    func place(of route: Route) -> TelegramPlace? {
        guard let chat = Int64(route.room.name) else { return nil }
        return TelegramPlace(chat: self.memory.current(chat), topic: route.anchor.flatMap(Int64.init))
    }

    mutating func setTyping(_ isTyping: Bool, in route: Route) {
        guard let place = self.place(of: route) else { return }
        guard isTyping else {
            self.typing[place] = nil
            self.timers[.typing(place)] = nil
            return
        }
        guard !self.lacksTyping, self.typing.count < Self.placeLimit else { return }
        var parameters: JSONObject = ["chat_id": .integer(place.chat), "action": "typing"]
        parameters["message_thread_id"] = place.topic.map { .integer($0) }
        self.typing[place] = Typing(
            call: TelegramCall("sendChatAction", parameters, timeout: 5_000), until: self.now.monotonic + Self.limit)
        self.timers[.typing(place)] = self.now.monotonic + Self.typingDelay
    }

    mutating func renewTyping(_ place: TelegramPlace) {
        guard let typing = self.typing[place], typing.until > self.now.monotonic else {
            self.typing[place] = nil
            return
        }
        self.timers[.typing(place)] = self.now.monotonic + Self.typingInterval
        // Decorations must not use budget that a message may need.
        guard self.isFree(place.chat) else { return }
        self.act(.call(.typing(chat: place.chat), typing.call))
    }

    private func isFree(_ chat: Int64) -> Bool {
        self.phase == .up && self.failures == 0 && self.rooms[chat]?.refusal == nil
            && self.budget.pausedUntil(chat) <= self.now.monotonic
    }

    mutating func receiveTyping(_ answer: TelegramAnswer, chat: Int64) {
        guard case .refused(let refusal) = answer, refusal.isUnknownMethod else {
            return self.receiveDecoration(answer, chat: chat)
        }
        self.lacksTyping = true
        self.typing = [:]
    }

    mutating func receiveDecoration(_ answer: TelegramAnswer, chat: Int64) {
        guard case .refused(let refusal) = answer else { return }
        if refusal.code == 429 {
            self.pause(chat, for: (refusal.retryAfter ?? 5) * 1_000)
        } else {
            self.log(.debug, "Telegram refused an optional call: \(refusal.text)")
        }
    }

    // MARK: Drafts

    func hasDrafts(_ chat: Int64) -> Bool {
        chat > 0 && !self.lacksDrafts && self.rooms[chat]?.lacksDrafts != true
    }

    /// Never zero, and always the same for a token.
    static func draftID(_ token: String) -> Int64 {
        let hash = sha256(token).prefix(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return hash & 0x7FFF_FFFF | 1
    }

    /// Switches to edits after a refused draft: for the whole server after a 404, otherwise for `chat`.
    mutating func withoutDrafts(_ chat: Int64?, _ refusal: TelegramRefusal) {
        if refusal.code == 404 {
            self.lacksDrafts = true
        } else if let chat {
            self.change(chat) { $0.lacksDrafts = true }
        }
        self.log(.info, "Telegram does not support drafts here (\(refusal.text)); editing messages instead")
    }
}
