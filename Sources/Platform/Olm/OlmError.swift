/// Why the library refused something, by its own name: `BAD_MESSAGE_MAC`, `UNKNOWN_MESSAGE_INDEX`, …
package struct OlmError: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: String

    package init(code: String) { self.code = code }

    init(_ code: String) { self.init(code: code) }

    package var description: String { self.code }

    /// A peer's key with which an agreement would give a secret that everybody knows.
    static let badPeerKey = OlmError("BAD_PEER_KEY")
}
