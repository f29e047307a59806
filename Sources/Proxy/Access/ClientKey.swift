/// A client of the proxy: the holder of a token with the scope `proxy`.
package struct ClientKey: Sendable, Hashable {
    /// Identifies the client in limits, usage and the log; not a secret.
    package let id: String

    package init(id: String) {
        self.id = id
    }

    /// All clients on this machine without a key, if none is required.
    package static let local = ClientKey(id: "local")
}
