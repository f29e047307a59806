/// One allowance of a plan. Numbers may be fractions, as with credits.
package struct QuotaAllowance: Sendable, Equatable {
    /// The provider's name for it: `premium_interactions`, `chat`, `completions`.
    package let id: String
    /// The full amount; nil where unknown or unlimited.
    package let entitlement: Double?
    package let remaining: Double?
    /// 0…100.
    package let percentRemaining: Double?
    package let isUnlimited: Bool
    /// How much was used beyond the entitlement.
    package let overage: Double
    /// Whether use beyond the entitlement is possible, at extra cost.
    package let isOverageAllowed: Bool

    package init(
        id: String, entitlement: Double?, remaining: Double?, percentRemaining: Double?, isUnlimited: Bool,
        overage: Double = 0, isOverageAllowed: Bool = false
    ) {
        self.id = id
        self.entitlement = entitlement
        self.remaining = remaining
        self.percentRemaining = percentRemaining
        self.isUnlimited = isUnlimited
        self.overage = overage
        self.isOverageAllowed = isOverageAllowed
    }

    /// The name for people. The service kept the old id when credits replaced premium requests.
    package var name: String {
        switch self.id {
        case "premium_interactions", "premium_models": "credits"
        case "chat": "chat messages"
        case "completions": "code completions"
        default: self.id.split(separator: "_").joined(separator: " ")
        }
    }

    /// Whether Jetbridge uses it at all.
    package var isForChats: Bool { self.id != "completions" }

    package var line: String {
        guard !self.isUnlimited else { return "\(self.name): unlimited" }
        var parts: [String] = []
        switch (self.remaining, self.entitlement) {
        case (let remaining?, let entitlement?):
            parts.append("\(remaining.shortText) of \(entitlement.shortText) left")
        case (let remaining?, nil): parts.append("\(remaining.shortText) left")
        default: break
        }
        if let percent = self.percentRemaining {
            parts.append(parts.isEmpty ? "\(percent.shortText) % left" : "(\(percent.shortText) %)")
        }
        var line = "\(self.name): \(parts.isEmpty ? "unknown" : parts.joined(separator: " "))"
        if self.overage > 0 { line += ", \(self.overage.shortText) over" }
        if self.isOverageAllowed { line += ", more at extra cost" }
        return line
    }
}

extension Double {
    /// With at most one decimal place.
    fileprivate var shortText: String {
        guard self.magnitude < 1e15 else { return "\(self)" }
        let tenths = Int64((self * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let rest = tenths.magnitude % 10
        return "\(sign)\(tenths.magnitude / 10)\(rest == 0 ? "" : ".\(rest)")"
    }
}
