/// Finds the client that a key belongs to.
package typealias ClientKeyLookup = @concurrent @Sendable (_ secret: String) async throws -> ClientKeyFinding

/// The tokens of a client on a day, counted in UTC from 1970, without those that this process has reported itself.
package typealias DailyUseLookup = @concurrent @Sendable (_ client: String, _ day: Int64) async throws -> Int
