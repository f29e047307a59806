package import Primitives

/// Takes secrets out of every text that leaves the process otherwise than on purpose: the log, error texts, messages
/// into chats.
package enum Redaction {
    private static let shared = Protected(Redactor())

    /// From now on this value is taken out wherever it appears, also percent-encoded, in base64 or escaped as in JSON.
    ///
    /// A value under four bytes is not remembered: it would be found in ordinary words.
    package static func register(_ secret: Secret) {
        self.shared.withLock { $0.register(secret) }
    }

    /// Forgets a value that is no longer a secret, such as a token that was replaced.
    package static func unregister(_ secret: Secret) {
        self.shared.withLock { $0.unregister(secret) }
    }

    /// The text with `<redacted>` in place of what is, or looks like, a secret.
    package static func redact(_ text: String) -> String {
        self.current.redact(text)
    }

    static var current: Redactor { self.shared.withLock { $0 } }
}
