package struct WebSocketClientSettings: Sendable, Hashable {
    /// PEM file of certificate authorities; replaces the system's.
    package var caFile: String?
    /// Whether `ws:` is allowed to other machines.
    package var allowsPlainText = false
    /// Time limit in whole seconds for connecting, and again for the handshake.
    package var connectSeconds = 15
    package var socket = WebSocketSettings()

    package init() {}
}
