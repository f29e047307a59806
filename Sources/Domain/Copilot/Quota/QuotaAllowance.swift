/// One of the things that a plan counts. Numbers may be fractions: credits are.
package struct QuotaAllowance: Sendable, Equatable {
    /// The provider's name of it: `premium_interactions`, `chat`, `completions`.
    package let id: String
    /// What it holds when it is full; nil where that is not told or has no limit.
    package let entitlement: Double?
    package let remaining: Double?
    /// 0…100.
    package let percentRemaining: Double?
    package let isUnlimited: Bool
    /// What was used beyond it.
    package let overage: Double
    /// Whether it may be used beyond its end, for money.
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

    /// What people call it. The service kept the old name when credits replaced premium requests.
    package var name: String {
        switch self.id {
        case "premium_interactions", "premium_models": "credits"
        case "chat": "chat messages"
        case "completions": "code completions"
        default: self.id.split(separator: "_").joined(separator: " ")
        }
    }

    /// Whether anything that Jetbridge does draws on it.
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
        var line = "\(self.name): \(parts.isEmpty ? "not told" : parts.joined(separator: " "))"
        if self.overage > 0 { line += ", \(self.overage.shortText) beyond" }
        if self.isOverageAllowed { line += ", may go on beyond it at a price" }
        return line
    }
}

extension Double {
    /// With at most one digit behind the point.
    fileprivate var shortText: String {
        guard self.magnitude < 1e15 else { return "\(self)" }
        let tenths = Int64((self * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let rest = tenths.magnitude % 10
        return "\(sign)\(tenths.magnitude / 10)\(rest == 0 ? "" : ".\(rest)")"
    }
}
