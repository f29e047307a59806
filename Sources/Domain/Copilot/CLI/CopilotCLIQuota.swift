internal import EventLoop
internal import JSON
internal import Models
internal import Primitives

/// The account's quota as the CLI reports it, cached for a minute.
final class CopilotCLIQuota: Sendable {
    private static let lifetime = Duration.seconds(60)
    private let known = Protected<(quota: ModelQuota, at: LoopInstant)?>(nil)

    /// The cached quota, if it is recent enough.
    var recent: ModelQuota? {
        self.known.withLock { known in
            known.flatMap { $0.at.duration(to: .current()) < Self.lifetime ? $0.quota : nil }
        }
    }

    func keep(_ quota: ModelQuota) { self.known.withLock { $0 = (quota, .current()) } }

    /// Reads the result of `account.getQuota`; nil if it has another form.
    static func parse(_ answer: JSON) -> ModelQuota? {
        guard let snapshots = answer["quotaSnapshots"]?.objectValue else { return nil }
        var quota = ModelQuota()
        for (id, snapshot) in snapshots {
            guard case .object = snapshot else { continue }
            quota.allowances.append(Self.allowance(id, snapshot))
            quota.resetDate = quota.resetDate ?? snapshot["resetDate"]?.stringValue.map { String($0.prefix(40)) }
        }
        quota.allowances.sort { $0.rank < $1.rank }
        return quota
    }

    private static func allowance(_ id: String, _ snapshot: JSON) -> QuotaAllowance {
        let entitlement = snapshot["entitlementRequests"]?.doubleValue
        let isUnlimited = snapshot["isUnlimitedEntitlement"]?.boolValue == true || entitlement == -1
        let percent = snapshot["remainingPercentage"]?.doubleValue.map { min(max(0, $0), 100) }
        // The percentage is exact, and the number of used requests is rounded.
        let left = entitlement.flatMap { most in
            percent.map { most * $0 / 100 } ?? snapshot["usedRequests"]?.doubleValue.map { max(0, most - $0) }
        }
        return QuotaAllowance(
            id: String(id.prefix(40)), entitlement: isUnlimited ? nil : entitlement,
            remaining: isUnlimited ? nil : left, percentRemaining: isUnlimited ? nil : percent,
            isUnlimited: isUnlimited, overage: max(0, snapshot["overage"]?.doubleValue ?? 0),
            isOverageAllowed: snapshot["overageAllowedWithExhaustedQuota"]?.boolValue ?? false)
    }
}
