/// Resolves names for jails, and knows this machine's addresses.
package protocol NetworkResolver: Sendable {
    /// All addresses of a name, at least one. Throws ``NetworkResolverError``.
    func addresses(of name: NetworkName) async throws -> [IPAddress]

    /// The addresses of this machine's interfaces, as of now. Throws ``NetworkResolverError``.
    func ownAddresses() async throws -> Set<IPAddress>
}

/// Why a name has no address: the system's reason, such as "Name or service not known".
package struct NetworkResolverError: Error, Sendable, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
