/// Limits wrong codes within a time window, per peer and per group of peers. Pure; time is an argument in milliseconds.
///
/// An attempt is reserved before its code is checked and given back if the code was right, so that guesses in parallel
/// count as well.
package struct AttemptLimiter: Sendable {
    package struct Attempt: Sendable, Equatable {
        fileprivate let number: Int
        fileprivate let peer: String
        fileprivate let group: String?
        fileprivate let at: Int64
    }

    private let perPeer: Int
    private let perGroup: Int
    private let window: Int64
    private var attempts: [Attempt] = []
    private var count = 0

    /// Allows `perPeer` and `perGroup` wrong codes within `window` milliseconds.
    package init(perPeer: Int, perGroup: Int, window: Int64) {
        self.perPeer = perPeer
        self.perGroup = perGroup
        self.window = window
    }

    /// Whether `peer` has an attempt left.
    ///
    /// - Parameter group: The peers that share ``perGroup``; nil for a peer whom others' attempts must not lock out. A
    ///   name in one group is not the same peer as in another.
    package mutating func mayTry(_ peer: String, in group: String?, at now: Int64) -> Bool {
        self.attempts.removeAll { $0.at <= now - self.window }
        let ofGroup = self.attempts.filter { $0.group == group }
        return (group == nil || ofGroup.count < self.perGroup) && ofGroup.count { $0.peer == peer } < self.perPeer
    }

    /// Nil if `peer` has no attempt left.
    package mutating func reserve(_ peer: String, in group: String?, at now: Int64) -> Attempt? {
        guard self.mayTry(peer, in: group, at: now) else { return nil }
        self.count += 1
        let attempt = Attempt(number: self.count, peer: peer, group: group, at: now)
        self.attempts.append(attempt)
        return attempt
    }

    /// For an attempt whose code was right.
    package mutating func giveBack(_ attempt: Attempt) {
        self.attempts.removeAll { $0.number == attempt.number }
    }
}
