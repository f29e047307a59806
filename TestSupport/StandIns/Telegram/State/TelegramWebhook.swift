/// The webhook's settings and its state.
struct TelegramWebhook: Sendable {
    var url = ""
    var secret: String?
    var maxConnections = 40
    var lastError: (text: String, date: Int)?
    /// Counts the changes; a sender with an older number ends.
    var number = 0

    var isSet: Bool { !self.url.isEmpty }
}
