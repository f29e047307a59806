internal import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Identity, intake of updates, and recovery.
extension TelegramStateMachine {
    /// In milliseconds. A 409 right after a start is normal: Telegram may hold the previous run's poll for up to 50
    /// seconds.
    private static let conflictPatience: Int64 = 60_000
    private static let slowRetry: Int64 = 600_000
    /// As ``TelegramRefusal/retryAfter`` allows, and a second.
    private static let longestPause: Int64 = 86_401_000
    /// The longest pause, in seconds, that Telegram gets before it is asked again for updates. Nothing is read until then,
    /// and only a restart would end it sooner.
    private static let longestReadPause: Int64 = 300
    private static let checkInterval: Int64 = 60_000
    private static let maxConnections = 20
    /// In milliseconds. A server that holds polls does not return an empty answer sooner.
    private static let hasty: Int64 = 500
    private static let hastyLimit = 2
    /// Updates of one answer. Telegram sends no more, and what another server adds comes again: only what was read is
    /// acknowledged.
    private static let pollLimit = 100
    /// Milliseconds between polls when the server does not hold them.
    private static let pollInterval: Int64 = 500

    /// Whether webhook updates can be accepted.
    package var isTaking: Bool { self.phase == .up || self.phase == .preparing }

    mutating func begin() {
        guard self.phase == .idle || self.phase == .stopped else { return }
        if self.began == 0 { self.began = self.now.wall }
        let wall = self.now.wall
        // None is longer than a day: what ends later was stored by a wrong clock.
        self.memory.pauses = self.memory.pauses.filter { $0.value > wall && $0.value <= wall + Self.longestPause }
        for (chat, end) in self.memory.pauses {
            self.budget.resumePause(of: chat, until: self.now.monotonic + end - wall)
        }
        self.act(.status(.connecting, detail: nil))
        self.identify()
    }

    /// Performs the current phase's next call.
    mutating func goOn() {
        switch self.phase {
        case .idle, .stopped: break
        case .identifying, .refused: self.identify()
        case .preparing: self.prepare()
        case .up: self.poll()
        }
    }

    /// Stored updates that are not yet acknowledged are sent again, and recognized by their ids.
    mutating func stop() {
        self.phase = .stopped
        self.isPolling = false
        self.timers = [:]
        self.typing = [:]
        self.act(.status(.down, detail: nil))
        self.act(.finished)
    }

    mutating func receive(_ answer: TelegramAnswer, for purpose: Purpose) {
        guard self.phase != .stopped else { return }
        switch purpose {
        case .identity: self.receiveIdentity(answer)
        case .intake: self.receiveIntake(answer)
        case .poll: self.receivePoll(answer)
        case .check: self.receiveCheck(answer)
        case .commands(let isLast): self.receiveCommands(answer, isLast: isLast)
        case .menu(let chat, let isKnown): self.receiveMenu(answer, chat: chat, isKnown: isKnown)
        case .typing(let chat): self.receiveTyping(answer, chat: chat)
        case .decoration(let chat): self.receiveDecoration(answer, chat: chat)
        }
    }

    // MARK: Identity

    private mutating func identify() {
        self.phase = .identifying
        self.act(.call(.identity, TelegramCall("getMe", timeout: 15_000)))
    }

    private mutating func receiveIdentity(_ answer: TelegramAnswer) {
        switch answer {
        case .result(let json):
            guard let identity = Identity(json) else {
                return self.retry("getMe", "the answer does not describe a bot")
            }
            self.identity = identity
            // Only now is it known whether they are for the bot.
            self.restoreParts()
            self.failures = 0
            self.prepare()
        case .refused(let refusal) where refusal.isBadToken: self.refuse(refusal)
        case .refused(let refusal): self.retry("getMe", refusal.text, after: refusal.retryAfter)
        case .broken(let failure): self.retry("getMe", failure.text)
        }
    }

    /// Reports an invalid token, which an owner has to replace. Retries slowly, since a token can become valid again.
    mutating func refuse(_ refusal: TelegramRefusal) {
        self.phase = .refused
        self.isPolling = false
        self.timers[.life] = self.now.monotonic + Self.slowRetry
        let detail =
            "Telegram does not accept the bot's token (\(refusal.text)). Copy the token from @BotFather (/mybots, API "
            + "Token) into the configuration and restart"
        self.act(.status(.refused, detail: detail))
        self.log(.error, detail)
    }

    // MARK: Intake

    private mutating func prepare() {
        self.phase = .preparing
        switch self.settings.intake {
        case .polling:
            self.act(.call(.intake, TelegramCall("deleteWebhook", ["drop_pending_updates": false], timeout: 15_000)))
        case .webhook(let url, let secret):
            self.act(
                .call(
                    .intake,
                    TelegramCall(
                        "setWebhook",
                        [
                            "url": .string(url.description), "secret_token": .string(secret.reveal()),
                            "max_connections": .integer(Int64(Self.maxConnections)),
                            "allowed_updates": .array(TelegramUpdate.kinds.map { .string($0) }),
                            "drop_pending_updates": false,
                        ], timeout: 15_000)))
        }
    }

    private mutating func receiveIntake(_ answer: TelegramAnswer) {
        switch answer {
        case .result: self.becomeUp()
        case .refused(let refusal) where refusal.isUnauthorized: self.refuse(refusal)
        // A server without webhooks cannot have one set.
        case .refused(let refusal) where refusal.isUnknownMethod && self.isPolled: self.becomeUp()
        case .broken(let failure) where failure.isUnknownPath && self.isPolled: self.becomeUp()
        case .refused(let refusal):
            self.retry("Setting up the delivery of updates", refusal.text, after: refusal.retryAfter)
        case .broken(let failure): self.retry("Setting up the delivery of updates", failure.text)
        }
    }

    private var isPolled: Bool {
        if case .polling = self.settings.intake { true } else { false }
    }

    private mutating func becomeUp() {
        self.failures = 0
        self.phase = .up
        self.act(.status(.up, detail: nil))
        let name = self.identity.map { "@\($0.username)" } ?? "the bot"
        self.log(.info, "Connected to Telegram as \(name)")
        if self.identity?.readsAll == false {
            self.log(.debug, "Privacy mode is on: in groups the bot receives only commands, mentions and replies")
        }
        self.registerCommands()
        if self.isPolled {
            self.poll()
        } else {
            self.timers[.check] = self.now.monotonic + Self.checkInterval
        }
    }

    // MARK: Retries

    /// Retries after a growing delay, and no sooner than `seconds`, the delay that Telegram asks for, within reason.
    private mutating func retry(_ what: String, _ why: String, after seconds: Int64? = nil) {
        self.failures += 1
        let ceiling = min(60_000, Int64(1_000) << min(self.failures - 1, 6))
        let delay = self.jitter.next(in: (ceiling / 2)...ceiling)
        self.timers[.life] = self.now.monotonic + max(delay, min(seconds ?? 0, Self.longestReadPause) * 1_000)
        self.act(.status(.down, detail: "\(what) failed; retrying: \(why)"))
        if self.failures == 1 || self.failures.isMultiple(of: 20) {
            self.log(.warning, "\(what) failed; retrying: \(why)")
        }
    }

    // MARK: Polling

    mutating func poll() {
        guard self.phase == .up, !self.isPolling, case .polling = self.settings.intake else { return }
        self.isPolling = true
        self.askedAt = self.now.monotonic
        // After a failure the answer is needed at once, to report that it works again.
        let hold = self.failures > 0 || self.conflictSince != nil ? 0 : self.settings.pollTimeout.milliseconds
        self.askedHold = hold
        var parameters: JSONObject = [
            // The length of the answer may be the cause, and then a full one would fail each time.
            "limit": .integer(self.failures > 1 ? 1 : Int64(Self.pollLimit)), "timeout": .integer((hold + 999) / 1_000),
            "allowed_updates": .array(TelegramUpdate.kinds.map { .string($0) }),
        ]
        parameters["offset"] = self.offset.map { .integer($0) }
        let timeout = hold + self.settings.pollGrace.milliseconds
        self.act(.call(.poll, TelegramCall("getUpdates", parameters, timeout: timeout)))
    }

    private mutating func receivePoll(_ answer: TelegramAnswer) {
        self.isPolling = false
        let elapsed = self.now.monotonic - self.askedAt
        switch answer {
        case .result(let json): self.receivePolled(json, after: elapsed)
        case .refused(let refusal) where refusal.isUnauthorized: self.refuse(refusal)
        case .refused(let refusal) where refusal.isUnknownMethod:
            // Either the token was revoked or a gateway hides the server: `getMe` will show which.
            self.phase = .identifying
            self.retry("getUpdates", refusal.text)
        case .refused(let refusal) where refusal.code == 409: self.receiveConflict(refusal)
        case .refused(let refusal): self.retry("getUpdates", refusal.text, after: refusal.retryAfter)
        case .broken(let failure):
            // A connection can die silently while calls over others still work.
            self.act(.renew)
            self.retry("getUpdates", failure.text)
        }
    }

    private mutating func receivePolled(_ json: JSON, after elapsed: Int64) {
        if self.failures > 0 || self.conflictSince != nil {
            self.failures = 0
            self.conflictSince = nil
            self.act(.status(.up, detail: nil))
        }
        let values = json.arrayValue ?? []
        guard !values.isEmpty else { return self.pollAgain(after: elapsed) }
        var offset = self.offset
        var updates: [TelegramUpdate] = []
        for value in values.prefix(Self.pollLimit) {
            // Unreadable updates are skipped; otherwise they would be sent again forever.
            guard let id = value["update_id"]?.intValue, TelegramUpdate.ids.contains(id) else { continue }
            // With an offset that no later update reaches, nothing would arrive until a restart.
            if let offset, Int64(id) - offset > TelegramUpdate.longestGap { continue }
            offset = Int64(id) + 1
            if let update = TelegramUpdate(value) { updates.append(update) }
        }
        // A server that keeps repeating acknowledged updates must not cause a busy loop.
        self.isRepeating = offset == self.offset
        self.deliver(updates, Batch(offset: offset, isPoll: true))
    }

    /// Polls again: at once, unless the server does not hold polls.
    mutating func pollAgain(after elapsed: Int64) {
        self.hastyPolls = self.askedHold > 0 && elapsed < Self.hasty ? self.hastyPolls + 1 : 0
        guard self.hastyPolls > Self.hastyLimit else { return self.poll() }
        self.timers[.life] = self.now.monotonic + Self.pollInterval
    }

    private mutating func receiveConflict(_ refusal: TelegramRefusal) {
        let since = self.conflictSince ?? self.now.monotonic
        self.conflictSince = since
        let isWebhook = refusal.says("webhook")
        if isWebhook, since == self.now.monotonic { return self.prepare() }
        let isLasting = self.now.monotonic - since >= Self.conflictPatience
        let delay = isLasting ? 20_000...40_000 : 2_000...5_000 as ClosedRange<Int64>
        self.timers[.life] = self.now.monotonic + self.jitter.next(in: delay)
        guard isLasting || isWebhook else { return }
        let detail =
            isWebhook
            ? "A webhook is set for this bot repeatedly: another program uses its token. Stop that program, or get a "
                + "new token from @BotFather"
            : "Another program polls this bot's updates with the same token (409). Stop it, or create a separate bot "
                + "for one of the two at @BotFather"
        self.act(.status(.down, detail: detail))
        self.log(.warning, detail)
    }

    // MARK: The webhook's health

    mutating func check() {
        guard self.phase == .up else { return }
        self.act(.call(.check, TelegramCall("getWebhookInfo", timeout: 15_000)))
    }

    private mutating func receiveCheck(_ answer: TelegramAnswer) {
        self.timers[.check] = self.now.monotonic + Self.checkInterval
        guard case .webhook(let url, _) = self.settings.intake else { return }
        switch answer {
        case .result(let json):
            guard json["url"]?.stringValue == url.description else {
                self.log(.warning, "Another program changed the webhook; setting it again")
                return self.prepare()
            }
            let failed = TelegramMessage.milliseconds(json["last_error_date"]) ?? 0
            let isFailing = self.now.wall - failed < 2 * Self.checkInterval
            let why = json["last_error_message"]?.stringValue ?? "no reason given"
            if self.failures > 0 || isFailing {
                let detail = "Telegram cannot reach the webhook: \(why). Check that its address leads to the gateway"
                self.act(.status(.up, detail: isFailing ? detail : nil))
            }
            self.failures = 0
        case .refused(let refusal) where refusal.isUnauthorized: self.refuse(refusal)
        case .refused(let refusal):
            self.failures += 1
            self.act(.status(.down, detail: "getWebhookInfo failed; retrying: \(refusal.text)"))
        case .broken(let failure):
            self.failures += 1
            self.act(.renew)
            self.act(.status(.down, detail: "getWebhookInfo failed; retrying: \(failure.text)"))
        }
    }
}

extension TelegramStateMachine.Identity {
    init?(_ json: JSON) {
        guard let user = TelegramUser(json), user.isBot else { return nil }
        self.id = user.id
        self.username = user.username ?? ""
        self.readsAll = json["can_read_all_group_messages"]?.boolValue ?? false
        self.joinsGroups = json["can_join_groups"]?.boolValue ?? true
        self.hasTopics = json["has_topics_enabled"]?.boolValue ?? false
    }
}

extension Duration {
    var milliseconds: Int64 {
        self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}

/// Spreads the retries of many hosts over time. Deterministic for a seed, for tests.
struct TelegramJitter: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// SplitMix64.
    mutating func next(in range: ClosedRange<Int64>) -> Int64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return range.lowerBound + Int64(mixed % UInt64(range.upperBound - range.lowerBound + 1))
    }
}
