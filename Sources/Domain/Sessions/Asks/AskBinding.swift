package import Chat
internal import Crypto
internal import JSON

/// What an approval is valid for, and nothing else.
package struct AskBinding: Sendable, Equatable {
    package let request: ApprovalRequest
    package let session: String
    /// The operation that asks.
    package let turn: String
    /// The id of the person for whom it is done.
    package let requester: String

    /// The digest that an answer is bound to.
    package var digest: String { Self.digest(of: self.parts + [self.turn, self.requester]) }

    /// The digest that "always in this thread" is bound to: the same action at the same place of the same session, under
    /// the same rule. Turn and person are left out, because it is meant for later turns; whether the person who said so
    /// may decide for a later requester is checked at every use.
    package var standingDigest: String { Self.digest(of: ["always"] + self.parts) }

    private var parts: [String] {
        [
            self.session, self.request.action.rawValue, self.request.subject, self.request.directory,
            self.request.tool, self.request.approver.rawValue,
        ]
    }

    /// A JSON array, so that no two lists of texts have the same bytes.
    private static func digest(of parts: [String]) -> String {
        Crypto.hex(Crypto.sha256(JSON.array(parts.map { .string($0) }).bytes))
    }
}
