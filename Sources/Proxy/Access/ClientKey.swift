/// Who uses the proxy: the holder of a token with the scope `proxy`.
package struct ClientKey: Sendable, Hashable {
    /// For limits, usage and the log; no secret.
    package let id: String

    package init(id: String) {
        self.id = id
    }

    /// Everybody on this machine who shows no key, where none is required.
    package static let local = ClientKey(id: "local")
}
