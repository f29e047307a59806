/// A pressed button waiting for an answer.
struct TelegramCallback: Sendable {
    var chat: Int64
    var user: Int64
    var begin: Double
    var answer: TelegramCallbackAnswer?
}

/// What the person who pressed the button saw.
package struct TelegramCallbackAnswer: Sendable, Hashable {
    package var text: String
    package var isAlert: Bool

    package init(text: String, isAlert: Bool) {
        self.text = text
        self.isAlert = isAlert
    }
}
