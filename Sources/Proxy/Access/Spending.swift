internal import EventLoop
internal import HTTP

/// Reads why a key's requests may cost no more, and for how many seconds; nil while they may.
package typealias SpendingLookup = @Sendable (ClientKey) async throws -> (reason: String, seconds: Int)?

/// Refuses what a budget does not allow any more. What it read is good for a moment, so requests that begin together
/// may exceed a budget.
@Net
final class Spending {
    private let lookup: SpendingLookup
    private var known: [String: (refusal: ProxyRefusal?, at: LoopInstant)] = [:]

    private static let lifetime = Duration.seconds(5)
    /// Keys that are remembered.
    private static let limit = 1_000

    nonisolated init(lookup: @escaping SpendingLookup) {
        self.lookup = lookup
    }

    /// ``check(_:)`` without a look-up; false if one is necessary.
    func checkKnown(_ key: ClientKey) throws(ProxyRefusal) -> Bool {
        guard let known = self.known[key.id], known.at.duration(to: EventLoop.shared.now) < Self.lifetime else {
            return false
        }
        if let refusal = known.refusal { throw refusal }
        return true
    }

    /// Throws a ``ProxyRefusal`` when a budget is used up, and the errors of the look-up.
    func check(_ key: ClientKey) async throws {
        guard try !self.checkKnown(key) else { return }
        let found = try await self.lookup(key)
        if self.known.count >= Self.limit { self.known = [:] }
        self.known[key.id] = (found.map { ProxyRefusal.budgetUsedUp($0.reason, $0.seconds) }, EventLoop.shared.now)
        _ = try self.checkKnown(key)
    }
}

extension ProxyRefusal {
    fileprivate static func budgetUsedUp(_ reason: String, _ seconds: Int) -> ProxyRefusal {
        ProxyRefusal(
            status: .tooManyRequests, message: reason, type: "insufficient_quota", code: "budget_used_up",
            headers: ["Retry-After": "\(seconds)"])
    }
}
