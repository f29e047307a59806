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

    package init(request: ApprovalRequest, session: String, turn: String, requester: String) {
        self.request = request
        self.session = session
        self.turn = turn
        self.requester = requester
    }

    /// The digest that an answer is bound to.
    package var digest: String { Self.digest(of: self.parts + self.scope + [self.turn, self.requester]) }

    /// The digest that "always in this thread" is bound to: the same action at the same place of the same session, under
    /// the same rule. Turn and person are left out, because it is meant for later turns; whether the person who said so
    /// may decide for a later requester is checked at every use.
    package var standingDigest: String { Self.digest(of: ["always"] + self.parts) }

    private var parts: [String] {
        [
            self.session, self.request.action.rawValue, self.request.subject, self.request.directory,
            self.request.tool, self.request.approver.rawValue,
        ] + (self.request.effect.map { ["effect", $0] } ?? [])
    }

    private var scope: [String] {
        switch self.request.scope {
        case .turn: []
        case .call(let call): ["call", call]
        case .during(let call): ["during", call]
        }
    }

    /// The digest of an ask: over exactly what it permits or asks. One approval has the digest of its binding.
    package static func digest(
        of bindings: [Self], or question: ThreadQuestion?, parked: AskRecord.Parking?, session: String, turn: String,
        requester: String
    ) -> String {
        if bindings.count == 1, let only = bindings.first { return only.digest }
        guard let question else { return Self.digest(of: ["batch"] + bindings.map(\.digest)) }
        return Self.digest(
            of: [
                "question", session, turn, requester, question.kind.rawValue, question.text,
                question.answerer.rawValue, parked?.kind.rawValue ?? "", parked?.payload ?? "",
            ] + question.options.flatMap { [$0.label, $0.isRecommended ? "recommended" : ""] })
    }

    /// The digest of an ask to let somebody in.
    package static func digest(ofAccessFor person: String, session: String, turn: String) -> String {
        Self.digest(of: ["access", session, turn, person])
    }

    /// A JSON array, so that no two lists of texts have the same bytes.
    private static func digest(of parts: [String]) -> String {
        Crypto.hex(Crypto.sha256(JSON.array(parts.map { .string($0) }).bytes))
    }
}
