/// Finds the client that a key belongs to; nil for one that is unknown, revoked, too old, or not for the proxy.
package typealias ClientKeyLookup = @concurrent @Sendable (_ secret: String) async throws -> ClientKey?
