internal import HTTP
internal import JSON
internal import Models

/// Reads GitHub's report about an account's allowances. Pure; every part may be missing.
enum CopilotUser {
    /// Reads the response of `/copilot_internal/user`.
    static func quota(_ json: JSON) -> ModelQuota {
        var quota = ModelQuota(user: self.text(json["login"]), plan: self.text(json["copilot_plan"]))
        for (id, snapshot) in json["quota_snapshots"]?.objectValue ?? [:] {
            if let allowance = self.allowance(id, snapshot) { quota.allowances.append(allowance) }
        }
        // The free plan reports its monthly counts in another form.
        let free = json["limited_user_quotas"]?.objectValue ?? [:]
        let monthly = json["monthly_quotas"]
        for (id, value) in free where !quota.allowances.contains(where: { $0.id == id }) {
            guard let remaining = value.doubleValue else { continue }
            let most = monthly?[id]?.doubleValue
            quota.allowances.append(
                QuotaAllowance(
                    id: id, entitlement: most, remaining: max(0, remaining),
                    percentRemaining: most.flatMap { $0 > 0 ? max(0, remaining) / $0 * 100 : nil }, isUnlimited: false))
        }
        let dates = ["quota_reset_date_utc", "quota_reset_date", "limited_user_reset_date"]
        quota.resetDate = dates.lazy.compactMap { self.text(json[$0]) }.first
        quota.allowances.sort { $0.rank < $1.rank }
        return quota
    }

    private static func allowance(_ id: String, _ snapshot: JSON) -> QuotaAllowance? {
        guard case .object = snapshot else { return nil }
        let entitlement = snapshot["entitlement"]?.doubleValue
        let percent = snapshot["percent_remaining"]?.doubleValue.map { min(max(0, $0), 100) }
        // The fraction is exact; the whole number next to it is rounded.
        let told = snapshot["quota_remaining"]?.doubleValue ?? snapshot["remaining"]?.doubleValue
        return self.allowance(
            id, entitlement: entitlement, remaining: told, percent: percent,
            isUnlimited: snapshot["unlimited"]?.boolValue ?? false,
            overage: snapshot["overage_count"]?.doubleValue ?? 0,
            isOverageAllowed: snapshot["overage_permitted"]?.boolValue ?? false)
    }

    private static func allowance(
        _ id: String, entitlement: Double?, remaining: Double?, percent: Double?, isUnlimited: Bool, overage: Double,
        isOverageAllowed: Bool
    ) -> QuotaAllowance {
        let isUnlimited = isUnlimited || entitlement == -1
        let most = isUnlimited ? nil : entitlement.flatMap { $0 >= 0 ? $0 : nil }
        let left = remaining ?? most.flatMap { most in percent.map { most * $0 / 100 } }
        return QuotaAllowance(
            id: String(id.prefix(40)), entitlement: most, remaining: isUnlimited ? nil : left.map { max(0, $0) },
            percentRemaining: isUnlimited ? nil : percent, isUnlimited: isUnlimited, overage: max(0, overage),
            isOverageAllowed: isOverageAllowed)
    }

    /// Reads response headers: `x-quota-snapshot-chat: ent=300&ov=0.0&ovPerm=false&rem=71.5&rst=2026-12-01…`, where
    /// `rem` is the percentage left.
    static func allowances(in headers: HTTPHeaders) -> (allowances: [QuotaAllowance], resetDate: String?) {
        var reset: String?
        let allowances = ["premium_interactions", "premium_models", "chat"].compactMap { id -> QuotaAllowance? in
            guard let value = headers["x-quota-snapshot-" + id] else { return nil }
            let query = HTTPQuery(parsing: value)
            guard let entitlement = query["ent"].flatMap({ Double($0) }) else { return nil }
            reset = reset ?? query["rst"].flatMap { $0.isEmpty ? nil : String($0.prefix(40)) }
            return self.allowance(
                id, entitlement: entitlement, remaining: nil,
                percent: query["rem"].flatMap { Double($0) }.map { min(max(0, $0), 100) }, isUnlimited: false,
                overage: query["ov"].flatMap { Double($0) } ?? 0, isOverageAllowed: query["ovPerm"] == "true")
        }
        return (allowances, reset)
    }

    private static func text(_ value: JSON?) -> String? {
        value?.stringValue.flatMap { $0.isEmpty ? nil : String($0.prefix(100)) }
    }
}

extension QuotaAllowance {
    /// The most important first.
    var rank: Int {
        switch self.id {
        case "premium_interactions", "premium_models": 0
        case "chat": 1
        default: 2
        }
    }
}
