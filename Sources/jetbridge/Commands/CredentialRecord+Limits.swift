internal import JSON
internal import Primitives
internal import Sessions

extension CredentialRecord {
    /// What limits it, for people: `expires 2027-01-31T12:00:00Z, only gpt-4.1, 1000 tokens a day`; empty without limits.
    func limits(at now: Int64) -> String {
        var limits: [String] = []
        if let end = self.expiresAt {
            limits.append(
                (self.isExpired(at: now) ? "expired " : "expires ") + CivilTime(milliseconds: end).rfc3339Seconds)
        }
        if let models = self.models { limits.append("only \(models.joined(separator: " "))") }
        if let tokens = self.tokensPerDay { limits.append("\(tokens) tokens a day") }
        return limits.joined(separator: ", ")
    }
}

extension JSONObject {
    /// With the members that say what limits a token; null for no limit.
    func adding(limitsOf credential: CredentialRecord) -> JSONObject {
        var object = self
        object["expires_at"] =
            credential.expiresAt.map { .string(CivilTime(milliseconds: $0).rfc3339Seconds) } ?? .null
        object["models"] = credential.models.map { .array($0.map { .string($0) }) } ?? .null
        object["tokens_per_day"] = credential.tokensPerDay.map { .integer($0) } ?? .null
        return object
    }
}
