/// Why the bot's device cannot be used any more, found while it was in use.
package enum MatrixKeyLoss: Sendable, Equatable {
    /// Its keys are not those on the server: a new login makes a new device.
    case device(String)
    /// Another process has begun to use it. This one stops: two would use the same keys, and take each other's messages.
    case superseded(String)
}
