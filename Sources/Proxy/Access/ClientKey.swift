/// A client of the proxy: the holder of a token with the scope `proxy`. The id alone decides whether two are equal.
package struct ClientKey: Sendable, Hashable {
    /// Identifies the client in limits, usage and the log; not a secret.
    package let id: String
    /// The models that it may use; nil for all.
    package let models: Set<String>?
    /// The tokens that it may use a day, input and output together; nil without a limit.
    package let tokensPerDay: Int?

    package init(id: String, models: Set<String>? = nil, tokensPerDay: Int? = nil) {
        self.id = id
        self.models = models
        self.tokensPerDay = tokensPerDay
    }

    /// All clients on this machine without a key, if none is required.
    package static let local = ClientKey(id: "local")

    package static func == (left: ClientKey, right: ClientKey) -> Bool { left.id == right.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.id) }
}

/// What a secret that a client sent as its key stands for. Times are milliseconds since 1970.
package enum ClientKeyFinding: Sendable {
    /// `until` is when it expires; nil if it does not.
    case valid(ClientKey, until: Int64?)
    case expired(at: Int64)
    /// Unknown, revoked, or not for the proxy.
    case unknown
}

/// Finds the client that a key belongs to.
package typealias ClientKeyLookup = @concurrent @Sendable (_ secret: String) async throws -> ClientKeyFinding

/// The tokens of a client on a day, counted in UTC from 1970, without those that this process has reported itself.
package typealias DailyUseLookup = @concurrent @Sendable (_ client: String, _ day: Int64) async throws -> Int
