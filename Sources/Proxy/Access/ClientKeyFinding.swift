/// What a secret that a client sent as its key stands for. Times are milliseconds since 1970.
package enum ClientKeyFinding: Sendable {
    /// `until` is when it expires; nil if it does not.
    case valid(ClientKey, until: Int64?)
    case expired(at: Int64)
    /// Unknown, revoked, or not for the proxy.
    case unknown
}
