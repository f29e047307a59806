/// How a client connects.
package struct WebSocketClientSettings: Sendable, Hashable {
    /// A PEM file of certificate authorities instead of the system's.
    package var caFile: String?
    /// Whether `ws:` may leave this machine.
    package var allowsPlainText = false
    /// Whole seconds for connecting, and for the handshake.
    package var connectSeconds = 15
    package var socket = WebSocketSettings()

    package init() {}
}
