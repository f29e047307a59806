package import JSON
package import Primitives

/// Redacts secrets in every text that could leak them: log records, error texts and chat messages.
package enum Redaction {
    private static let shared = Protected(Redactor())

    /// From now on this value is redacted wherever it appears, including in percent-encoded, base64 or JSON-escaped
    /// form.
    ///
    /// A value shorter than four bytes is ignored, because it would match ordinary words.
    package static func register(_ secret: Secret) {
        self.shared.withLock { $0.register(secret) }
    }

    /// Stops redacting a value that is no longer secret, such as a replaced token.
    package static func unregister(_ secret: Secret) {
        self.shared.withLock { $0.unregister(secret) }
    }

    /// Replaces everything that is or looks like a secret with `<redacted>`.
    package static func redact(_ text: String) -> String {
        self.current.redact(text)
    }

    /// Redacts all strings of a value, including keys; a value under a key such as `password` is redacted entirely.
    package static func redact(_ value: JSON) -> JSON {
        self.current.redact(value)
    }

    static var current: Redactor { self.shared.withLock { $0 } }
}
