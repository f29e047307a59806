package import JSON
package import Models

/// What the Copilot CLI reports about the account: its models and its quota. Pure.
package enum CopilotCLIAccount {
    /// Reads the result of `models.list` without its invalid entries; nil if it has another form.
    package static func models(in answer: JSON) -> [ModelInfo]? {
        guard let entries = answer["models"]?.arrayValue else { return nil }
        return entries.compactMap { entry in
            guard let id = entry["id"]?.stringValue, !id.isEmpty, !id.hasSuffix("paygo") else { return nil }
            if let state = entry["policy"]?["state"]?.stringValue, state != "enabled" { return nil }
            if let type = entry["capabilities"]?["type"]?.stringValue, type != "chat" { return nil }
            let limits = entry["capabilities"]?["limits"]
            let assumed = ModelLimits.assumed(for: id)
            let name = entry["name"]?.stringValue ?? id
            return ModelInfo(
                id: id, name: name.isEmpty ? id : name,
                inputLimit: Self.positive(limits?["max_prompt_tokens"])
                    ?? Self.positive(limits?["max_context_window_tokens"]) ?? assumed.input,
                outputLimit: Self.positive(limits?["max_output_tokens"]) ?? assumed.output)
        }
    }

    /// A model of an endpoint that lists none.
    static func assumedModel(_ name: String) -> ModelInfo {
        let limits = ModelLimits.assumed(for: name)
        return ModelInfo(id: name, name: name, inputLimit: limits.input, outputLimit: limits.output)
    }

    /// Reads the result of `account.getQuota`; nil if it has another form.
    static func quota(in answer: JSON) -> ModelQuota? {
        guard let snapshots = answer["quotaSnapshots"]?.objectValue else { return nil }
        var quota = ModelQuota()
        for (id, snapshot) in snapshots.prefix(CopilotUser.mostAllowances) {
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

    private static func positive(_ value: JSON?) -> Int? {
        value?.intValue.flatMap { $0 > 0 ? $0 : nil }
    }
}
