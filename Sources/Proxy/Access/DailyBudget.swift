internal import EventLoop

/// Knows how many tokens each limited key has used today, in UTC, and refuses a key at its limit.
///
/// An answer's tokens are known only at its end. Until then, a request that asks for tokens is charged an estimate, so
/// that those that begin together cannot all pass below the limit; one of them may still end above it.
@Net
final class DailyBudget {
    private struct ClientDay: Hashable {
        let client: String
        let day: Int64
    }

    private let lookup: DailyUseLookup
    /// The tokens that this process has added. Yesterday's stay, for a clock that is set back over midnight.
    private var own: [ClientDay: Int] = [:]
    /// The tokens of other processes, and of earlier ones.
    private var others: [ClientDay: (tokens: Int, at: LoopInstant)] = [:]
    /// The estimates of requests in progress in this process, by client.
    private var charged: [String: Int] = [:]

    /// How long ``others`` are reused.
    static let lifetime = Duration.seconds(2)
    private static let dayLength: Int64 = 86_400_000

    nonisolated init(lookup: @escaping DailyUseLookup) {
        self.lookup = lookup
    }

    /// Charges a request's estimate until ``settle(_:of:)``. Throws a ``ProxyRefusal`` for a key that has used its
    /// tokens, or whose requests in progress may use the rest, and the errors of the look-up.
    ///
    /// - Parameters:
    ///   - estimate: 0 charges nothing; only what has been used can refuse it.
    ///   - now: Milliseconds since 1970.
    func charge(_ estimate: Int, to key: ClientKey, at now: Int64) async throws {
        guard key.tokensPerDay != nil, try !self.chargeKnown(estimate, to: key, at: now) else { return }
        let today = ClientDay(client: key.id, day: now / Self.dayLength)
        let tokens = try await self.lookup(today.client, today.day)
        self.others[today] = (tokens, EventLoop.shared.now)
        _ = try self.chargeKnown(estimate, to: key, at: now)
    }

    /// ``charge(_:to:at:)`` without a look-up; false if one is necessary.
    func chargeKnown(_ estimate: Int, to key: ClientKey, at now: Int64) throws(ProxyRefusal) -> Bool {
        guard let limit = key.tokensPerDay else { return true }
        let today = ClientDay(client: key.id, day: now / Self.dayLength)
        guard let others = self.others[today], others.at.duration(to: EventLoop.shared.now) < Self.lifetime else {
            return false
        }
        let used = others.tokens + (self.own[today] ?? 0)
        guard used < limit else {
            let rest = Self.dayLength - now % Self.dayLength
            throw .tokensExhausted(used: used, of: limit, seconds: Int((rest + 999) / 1_000))
        }
        guard estimate > 0 else { return true }
        let charged = self.charged[key.id] ?? 0
        guard used + charged < limit else { throw .tokensCharged(charged, used: used, of: limit) }
        self.charged[key.id] = charged + estimate
        return true
    }

    /// Takes back the estimate of a request that has ended.
    func settle(_ estimate: Int, of key: ClientKey) {
        guard let charged = self.charged[key.id] else { return }
        self.charged[key.id] = charged > estimate ? charged - estimate : nil
    }

    /// Counts the tokens of an answer.
    func add(_ tokens: AnswerTokens, to key: ClientKey, at now: Int64) {
        guard key.tokensPerDay != nil else { return }
        let today = ClientDay(client: key.id, day: now / Self.dayLength)
        if self.own[today] == nil { self.forgetDays(before: today.day - 1) }
        self.own[today, default: 0] += tokens.input + tokens.output
    }

    private func forgetDays(before day: Int64) {
        self.own = self.own.filter { $0.key.day >= day }
        self.others = self.others.filter { $0.key.day >= day }
    }
}
