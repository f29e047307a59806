internal import HTTP
internal import Host
internal import Primitives

/// How long a token is valid, and what a client of the proxy may do with it.
struct TokenLimits: Sendable, Equatable {
    /// Milliseconds since 1970; nil if it does not expire.
    var expiresAt: Int64?
    /// Nil for all models.
    var models: [String]?
    /// Input and output together; nil without a limit.
    var tokensPerDay: Int64?

    /// Why a text is not a valid limit.
    struct Invalid: Error, Equatable {
        /// One line.
        let message: String
    }

    init(expiresAt: Int64? = nil) { self.expiresAt = expiresAt }

    /// Reads the options of `token create`, as people type them.
    ///
    /// - Parameters:
    ///   - expires: A duration from now such as `30d`, or a time in RFC 3339.
    ///   - models: Names separated by commas.
    ///   - scopes: Of the token.
    ///   - now: Milliseconds since 1970.
    init(
        expires: String?, models: String?, tokensPerDay: String?, scopes: [String], at now: Int64
    ) throws(Invalid) {
        for (option, value) in [("--models", models), ("--tokens-per-day", tokensPerDay)] where value != nil {
            guard scopes.contains("proxy") else {
                throw Invalid(message: "\(option) limits a key of the proxy, so it needs --scope proxy")
            }
        }
        self.init()
        if let expires { self.expiresAt = try Self.expiry(expires, at: now) }
        if let models { self.models = try Self.names(models) }
        if let tokensPerDay { self.tokensPerDay = try Self.budget(tokensPerDay) }
    }

    /// As in the configuration.
    private static let longest = Duration.seconds(36_525 * 86_400)
    private static let largestBudget: Int64 = 1_000_000_000_000

    private static func expiry(_ text: String, at now: Int64) throws(Invalid) -> Int64 {
        if let duration = Quantity.duration(text) {
            guard duration > .zero, duration <= Self.longest else {
                throw Invalid(
                    message: "--expires \(text) is out of range; use a duration from 1s to "
                        + Quantity.text(Self.longest))
            }
            return now + Int64(duration / .milliseconds(1))
        }
        // RFC 3339 allows small letters.
        guard let time = CivilTime.milliseconds(rfc3339: text.uppercased()) else {
            throw Invalid(
                message: "--expires '\(text)' is not a duration such as 12h or 30d, nor a time such as "
                    + "2027-01-31T12:00:00Z")
        }
        guard time > now else {
            throw Invalid(
                message: "--expires \(text) is in the past; now it is \(CivilTime(milliseconds: now).rfc3339Seconds)")
        }
        return time
    }

    private static func names(_ text: String) throws(Invalid) -> [String] {
        var names: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part.utf8.trimmingBlanks())
            guard !name.isEmpty else {
                throw Invalid(message: "--models '\(text)' contains an empty name; write names such as gpt-4.1,o3")
            }
            guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw Invalid(
                    message: "'\(name)' is not a model's name, because it contains a space or another invalid "
                        + "character; 'jetbridge models' lists them")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func budget(_ text: String) throws(Invalid) -> Int64 {
        guard text.utf8.allSatisfy(ByteSet.digits.contains), text.utf8.count <= 13, let number = Int64(text),
            (1...Self.largestBudget).contains(number)
        else {
            throw Invalid(
                message: "--tokens-per-day '\(text)' is not a number from 1 to \(Self.largestBudget)")
        }
        return number
    }
}
