/// Why something was refused, by the library's name for it: `BAD_MESSAGE_MAC`, `UNKNOWN_MESSAGE_INDEX`, … Own is
/// `BAD_PEER_KEY`.
package struct OlmError: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: String

    package init(code: String) { self.code = code }

    package var description: String { self.code }

    /// A peer's key that would yield a predictable shared secret.
    package static let badPeerKey = OlmError(code: "BAD_PEER_KEY")
    static let badMessageFormat = OlmError(code: "BAD_MESSAGE_FORMAT")
    static let invalidBase64 = OlmError(code: "INVALID_BASE64")
}
