/// A host as the others see it.
package struct HostRecord: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case live
        /// It hands its places over.
        case draining
        /// It runs and has no places.
        case drained
        /// Its lease was ended, or has run out.
        case gone
    }

    package let name: String
    package let version: String
    /// Of its gateway, for other hosts.
    package let address: String
    package let state: State
    /// When it joined, in milliseconds since 1970 by the server's clock.
    package let since: Int64
    /// Web threads that it serves.
    package let threads: Int64
    /// Networks that it serves, by the ids of their adapters.
    package let adapters: [String]
}
