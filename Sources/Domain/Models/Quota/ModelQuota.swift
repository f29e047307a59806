/// An account's remaining quota, as far as its provider reports it.
package struct ModelQuota: Sendable, Equatable {
    /// The owner of the account.
    package var user: String?
    /// The plan's name: `individual`, `business`, …
    package var plan: String?
    package var allowances: [QuotaAllowance]
    /// When the allowances reset: a date or time as the provider writes it.
    package var resetDate: String?
    package var rateLimits: [RateLimit]

    package init(
        user: String? = nil, plan: String? = nil, allowances: [QuotaAllowance] = [], resetDate: String? = nil,
        rateLimits: [RateLimit] = []
    ) {
        self.user = user
        self.plan = plan
        self.allowances = allowances
        self.resetDate = resetDate
        self.rateLimits = rateLimits
    }

    /// For people, one line each: the allowances that chats use, then the rate limits.
    package var lines: [String] {
        let reset = self.resetDate.map { ", resets on \($0.prefix(10))" } ?? ""
        return self.allowances.filter(\.isForChats).map { $0.line + ($0.isUnlimited ? "" : reset) }
            + self.rateLimits.map(\.line)
    }

    /// The quota with newer values of single allowances, from the headers of a later response.
    package func updated(with newer: [QuotaAllowance], resetDate: String?) -> ModelQuota {
        var quota = self
        quota.resetDate = resetDate ?? quota.resetDate
        for allowance in newer {
            if let index = quota.allowances.firstIndex(where: { $0.id == allowance.id }) {
                quota.allowances[index] = allowance
            } else {
                quota.allowances.append(allowance)
            }
        }
        return quota
    }
}

/// How many requests or tokens an endpoint still accepts in the current period.
package struct RateLimit: Sendable, Equatable {
    /// `requests` or `tokens`.
    package let kind: String
    package let limit: Int?
    package let remaining: Int
    /// When the count resets, as the endpoint writes it: a duration such as `6m0s`, or a time.
    package let reset: String?

    /// `requests: 850 of 5000 left`.
    package var line: String {
        let most = self.limit.map { " of \($0)" } ?? ""
        let reset = self.reset.map { ", resets in \($0)" } ?? ""
        return "\(self.kind): \(self.remaining)\(most) left\(reset)"
    }
}
