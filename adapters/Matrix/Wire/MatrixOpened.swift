/// Events that ``MatrixEncryption`` has read.
package struct MatrixOpened: Sendable {
    /// By event id.
    package var events: [String: MatrixEvent] = [:]
    /// Events whose key came after them, by room.
    package var late: [String: [MatrixEvent]] = [:]
    /// The keys that had come when the late events were tried.
    var news = 0
    /// The device is lost; nothing was read.
    package var loss: MatrixKeyLoss?

    package static let none = Self()
}

/// Why the bot's device cannot be used any more, found while it was in use.
package enum MatrixKeyLoss: Sendable, Equatable {
    /// Its keys are not those on the server: a new login makes a new device.
    case device(String)
    /// Another process has begun to use it. This one stops: two would use the same keys, and take each other's messages.
    case superseded(String)
}
