/// Finds the client that a key belongs to; nil if it is unknown, revoked, expired, or not for the proxy.
package typealias ClientKeyLookup = @concurrent @Sendable (_ secret: String) async throws -> ClientKey?
