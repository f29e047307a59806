package import HTTP
package import Store

/// The other hosts of a cluster, as the gateway needs them.
package struct GatewayPeers: Sendable {
    /// This host's name.
    let name: String
    /// The gateway of the host that has a place; nil for this one, which takes what nobody has. Throws ``PlaceLost`` while
    /// a place passes from one host to another.
    let gateway: @Sendable (Place) async throws -> HTTPURL?

    package init(name: String, gateway: @escaping @Sendable (Place) async throws -> HTTPURL?) {
        self.name = name
        self.gateway = gateway
    }
}
