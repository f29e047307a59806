/// The send budget, per token and per chat. Telegram's published limits are approximate, so a refusal (429) overrides
/// them. Posts, edits and drafts in a chat share one budget.
package struct TelegramBudget: Sendable {
    package enum Priority: Sendable {
        /// A final text, or the result of a person's action.
        case final
        /// A state of a growing text, replaced by the next one.
        case preview
    }

    package enum Verdict: Sendable, Equatable {
        case go
        /// The call may be sent although the token's budget is used up, to test the limit; ``probed(wasRefused:at:)``
        /// must follow.
        case probe
        /// Wait; in milliseconds.
        case wait(Int64)
        /// Too long to wait: ask again after this time, in milliseconds.
        case refuse(Int64)
        /// For previews: the remaining budget is reserved for finals. Ask again after this time, in milliseconds.
        case spare(Int64)
    }

    /// At most `count` calls within any `milliseconds`. A waiting chat may reserve a place; if it came back slightly
    /// late, it would otherwise find the place taken and wait another round.
    private struct Window: Sendable {
        let count: Int
        let milliseconds: Int64
        private var times: [Int64] = []
        /// Earliest first.
        private var kept: [(chat: Int64, time: Int64)] = []
        /// Milliseconds by which a chat may be late for its place.
        private static let grace: Int64 = 500

        init(count: Int, milliseconds: Int64) {
            self.count = count
            self.milliseconds = milliseconds
        }

        /// The time of the next free place, leaving `reserve` places free.
        mutating func free(at now: Int64, reserve: Int = 0) -> Int64 {
            self.times.removeAll { $0 + self.milliseconds <= now }
            self.kept.removeAll { $0.time + Self.grace < now }
            let over = self.times.count + self.kept.count - (self.count - reserve)
            if over < 0 { return now }
            let time = over < self.times.count ? self.times[over] : self.kept[over - self.times.count].time
            return max(now, time + self.milliseconds)
        }

        /// When `chat` may send: at its reserved place, otherwise at the next free one.
        mutating func free(for chat: Int64, at now: Int64) -> Int64 {
            let next = self.free(at: now)
            return self.kept.first { $0.chat == chat }.map { max(now, $0.time) } ?? next
        }

        mutating func keep(_ time: Int64, for chat: Int64) {
            guard !self.kept.contains(where: { $0.chat == chat }) else { return }
            let index = self.kept.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
            self.kept.insert((chat, time), at: index)
        }

        /// - Parameter chat: The chat whose reserved place is used.
        mutating func take(_ time: Int64, for chat: Int64? = nil) {
            if let chat { self.kept.removeAll { $0.chat == chat } }
            self.times.append(time)
        }

        var isEmpty: Bool { self.times.isEmpty }
    }

    private struct Chat: Sendable {
        var pace: Window
        var minute: Window?
        var pausedUntil: Int64 = 0
    }

    /// The whole token: Telegram allows about thirty calls a second. The window is stricter, because calls that are
    /// sent evenly arrive unevenly.
    private var all: Window
    private let factor: Double
    private var chats: [Int64: Chat] = [:]
    private var pausedUntil: Int64 = 0
    /// Recently throttled chats: several at once mean that the token is throttled.
    private var refusals: [(chat: Int64, at: Int64)] = []
    /// Until then other chats may be waiting, so nothing probes the limit.
    private var crowdedUntil: Int64 = 0
    /// Until then a probe may be in flight.
    private var probingUntil: Int64 = 0
    /// Until then the token's limit is not probed.
    private var strictUntil: Int64 = 0

    private static let patience: Int64 = 1_000
    private static let second: Int64 = 1_050
    private static let perSecond = 29
    private static let crowdLasts: Int64 = 3_000
    /// How long a probe may take, and how long its refusal is remembered.
    private static let probeLimit: Int64 = 10_000
    private static let strictness: Int64 = 3_600_000
    private static let previewReserve = 8
    private static let chatReserve = 1
    private static let groupReserve = 4
    private static let chatLimit = 4_096

    /// - Parameter factor: Multiplies the platform's limits.
    package init(factor: Double = 1) {
        self.factor = factor
        self.all = Window(count: Self.perSecond, milliseconds: Self.scaled(Self.second, factor))
    }

    private static func scaled(_ milliseconds: Int64, _ factor: Double) -> Int64 {
        max(1, Int64(Double(milliseconds) / max(factor, 0.001)))
    }

    /// Whether a call into `chat` may be sent; `.go` counts it.
    package mutating func ask(_ chat: Int64, _ priority: Priority, at now: Int64) -> Verdict {
        var state = self.chats[chat] ?? self.fresh(chat)
        defer { self.chats[chat] = state }
        let paused = max(state.pausedUntil, self.pausedUntil)
        // Never waits out a pause ordered by Telegram: by its end there may be a newer text.
        if paused > now { return .refuse(paused - now) }
        let forChat = max(state.pace.free(at: now), state.minute?.free(at: now) ?? now)
        let forAll = priority == .final ? self.all.free(for: chat, at: now) : self.all.free(at: now)
        let due = max(forChat, forAll)
        if priority == .preview {
            let spare = max(
                due, state.pace.free(at: now, reserve: Self.chatReserve),
                state.minute?.free(at: now, reserve: Self.groupReserve) ?? now,
                self.all.free(at: now, reserve: Self.previewReserve))
            if spare > now { return due - now <= Self.patience ? .spare(spare - now) : .refuse(due - now) }
        }
        if due <= now {
            state.pace.take(now)
            state.minute?.take(now)
            self.all.take(now, for: priority == .final ? chat : nil)
            return .go
        }
        if forChat <= now, priority == .final, self.mayProbe(at: now) {
            state.pace.take(now)
            state.minute?.take(now)
            self.probingUntil = now + Self.probeLimit
            return .probe
        }
        if forAll > now {
            self.crowdedUntil = now + Self.crowdLasts
            if priority == .final { self.all.keep(due, for: chat) }
        }
        let wait = due - now
        return wait <= Self.patience ? .wait(wait) : .refuse(wait)
    }

    /// The token's limit is approximate, and differs on a self-hosted Bot API server. A lone sender may continue until
    /// Telegram throttles it; with several waiting, that would cause many refusals.
    private func mayProbe(at now: Int64) -> Bool {
        self.strictUntil <= now && self.probingUntil <= now && self.crowdedUntil <= now
    }

    /// Records the outcome of a probe.
    package mutating func probed(wasRefused: Bool, at now: Int64) {
        self.probingUntil = 0
        if wasRefused { self.strictUntil = now + Self.strictness }
    }

    /// Stops sending to `chat` for `milliseconds`, after Telegram throttled a call.
    package mutating func pause(_ chat: Int64, for milliseconds: Int64, at now: Int64) {
        self.resumePause(of: chat, until: now + milliseconds)
        self.refusals.removeAll { $0.at + 3_000 < now || $0.chat == chat }
        self.refusals.append((chat, now))
        if self.refusals.count >= 3 { self.pausedUntil = max(self.pausedUntil, now + milliseconds) }
    }

    /// Goes on with a pause of an earlier run, which says nothing about the whole token.
    package mutating func resumePause(of chat: Int64, until end: Int64) {
        var state = self.chats[chat] ?? self.fresh(chat)
        state.pausedUntil = max(state.pausedUntil, end)
        self.chats[chat] = state
    }

    /// The end of the pause for `chat`.
    package func pausedUntil(_ chat: Int64) -> Int64 {
        max(self.chats[chat]?.pausedUntil ?? 0, self.pausedUntil)
    }

    /// Forgets idle chats once there are many.
    package mutating func tidy(at now: Int64) {
        guard self.chats.count > Self.chatLimit else { return }
        for (chat, var state) in self.chats {
            _ = state.pace.free(at: now)
            _ = state.minute?.free(at: now)
            let isIdle = state.pace.isEmpty && state.minute?.isEmpty ?? true && state.pausedUntil <= now
            self.chats[chat] = isIdle ? nil : state
        }
    }

    /// One call a second with a small burst; groups also accept at most twenty a minute.
    private func fresh(_ chat: Int64) -> Chat {
        Chat(
            pace: Window(count: 3, milliseconds: Self.scaled(3_050, self.factor)),
            minute: chat < 0 ? Window(count: 20, milliseconds: Self.scaled(60_500, self.factor)) : nil)
    }
}
