package import Chat

/// A durable question in a thread.
package struct AskRecord: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case approval
        /// Of the model.
        case question
        case clarify
        /// At a conflict of two versions.
        case conflict
        /// Whether to let in a stranger.
        case access
        /// Whether models may be offered what an extension lists.
        case `extension`
    }

    package enum State: String, Sendable {
        case open
        case answered
        /// Nobody answered in time, or its turn ended without an answer.
        case expired
        /// Ended by `stop`.
        case stopped
    }

    package struct Option: Sendable, Equatable {
        /// A capital letter; a word for what concerns all items of an ask.
        package let key: String
        /// One line of plain text.
        package let label: String
        package var isRecommended = false
    }

    /// The turn that an answer begins.
    package struct Parking: Sendable, Equatable {
        package let kind: TurnKind
        package let payload: String

        package init(kind: TurnKind, payload: String) {
            self.kind = kind
            self.payload = payload
        }
    }

    /// Short, because people type it; never given out twice.
    package let id: String
    package let session: String
    /// The operation that asks.
    package let turn: String
    package let kind: Kind
    /// What is asked, Markdown: the message's part before the options.
    package let lead: String
    /// The part after the options, Markdown.
    package private(set) var tail: String
    package let options: [Option]
    package let rule: AskRule
    /// The person for whom it is asked.
    package let requester: Sender
    /// What the answer is valid for: one, or several that are decided together. Empty where it permits nothing.
    package let bindings: [AskBinding]
    /// What is asked; nil for an approval.
    package let question: ThreadQuestion?
    /// What its answer begins: the next turn, or for an approval the rest of the turn that a restart interrupted. Nil when
    /// a turn waits for it.
    package let parked: Parking?
    package let digest: String
    /// Where it is posted.
    package var route: Route
    /// Its entry in the transcript.
    package let message: Int64
    /// Milliseconds since 1970, like all times.
    package let createdAt: Int64
    package let expiresAt: Int64
    package var state = State.open
    /// The key of the chosen option.
    package var answer: String?
    /// The answerer's words.
    package var reason: String?
    /// Who ended it.
    package var decider: Sender?
    package var decidedAt: Int64?
    /// When the turn has taken the answer: from then on what it permits may have begun.
    package var takenAt: Int64?

    package init(
        id: String, session: String, turn: String, kind: Kind, lead: String, tail: String, options: [Option],
        rule: AskRule, requester: Sender, bindings: [AskBinding], question: ThreadQuestion?, parked: Parking?,
        digest: String, route: Route, message: Int64, createdAt: Int64, expiresAt: Int64, state: State = .open,
        answer: String? = nil, reason: String? = nil, decider: Sender? = nil, decidedAt: Int64? = nil,
        takenAt: Int64? = nil
    ) {
        self.id = id
        self.session = session
        self.turn = turn
        self.kind = kind
        self.lead = lead
        self.tail = tail
        self.options = options
        self.rule = rule
        self.requester = requester
        self.bindings = bindings
        self.question = question
        self.parked = parked
        self.digest = digest
        self.route = route
        self.message = message
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.state = state
        self.answer = answer
        self.reason = reason
        self.decider = decider
        self.decidedAt = decidedAt
        self.takenAt = takenAt
    }

    /// The ask as it is shown elsewhere: with where it comes from, in `place`, and how to answer it there.
    package func told(_ place: String, sign: CommandSign) -> AskRecord {
        var told = self
        let requests = self.bindings.map(\.request)
        let how =
            switch self.kind {
            case .approval: AskTexts.tail(self.id, requests, sign: sign)
            case .access: AskTexts.accessTail(self.id, until: self.expiresAt, sign: sign)
            case .extension: AskTexts.extensionTail(self.id, until: self.expiresAt, sign: sign)
            case .question, .clarify, .conflict: self.tail
            }
        told.tail = "\(place)\n\n\(how)"
        return told
    }

    /// The whole message without its option lines.
    package var text: String { "\(self.lead)\n\n\(self.tail)" }

    /// Who decided what, as plain text: `Approved by NAME`, `Denied by NAME: reason` or `Expired`.
    package var outcome: String { AskTexts.outcome(of: self) }

    /// The option with this key, whatever its case.
    package func option(_ key: String) -> Option? {
        let key = key.lowercased()
        return self.options.first { $0.key.lowercased().utf8.elementsEqual(key.utf8) }
    }

    /// Several approvals at once, each with a letter of its own.
    package var isBatch: Bool { self.bindings.count > 1 }

    /// Whether it stays open when the host stops in the middle of its turn: it is about calls that have not begun.
    package var outlivesTurn: Bool {
        self.kind == .approval
            && self.bindings.allSatisfy { if case .call = $0.request.scope { true } else { false } }
    }

    /// Whether a turn waits for its answer.
    package var hasTurn: Bool { self.parked == nil && self.kind != .access && self.kind != .extension }

    /// The role that a stranger gets by the answer; nil if none.
    package var grantedRole: Role? {
        guard self.kind == .access, self.state == .answered, self.isIntact else { return nil }
        return switch self.answer {
        case Self.approve: .member
        case Self.always: .guest
        default: nil
        }
    }

    /// The list of an extension that an owner has decided about, and how; nil for any other ask.
    package var decidedExtension: (name: String, digest: String, isApproved: Bool)? {
        guard self.kind == .extension, self.state == .answered, self.isIntact,
            let request = self.bindings.first?.request,
            let digest = request.effect
        else { return nil }
        return (request.subject, digest, self.answer == Self.approve)
    }

    /// Whether its fields are those that it was stored with.
    package var isIntact: Bool { self.contentDigest == self.digest }
}

extension AskRecord {
    /// The keys of an approval's options.
    package static let approve = "A"
    package static let always = "B"
    package static let deny = "C"

    /// The keys of options that concern all items of a batch.
    package static let all = "all"
    package static let alwaysAll = "always"
    package static let none = "none"

    /// The answers of questions that are no options.
    package static let no = "no"
    package static let done = "done"

    /// Whether a text has the form of an answer that is not a person's own words.
    package static func isKey(_ text: String) -> Bool {
        let word = text.lowercased()
        if [Self.all, Self.alwaysAll, Self.none, Self.no, Self.done, "yes"].contains(word) { return true }
        return word.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
            $0.utf8.count == 1 && $0.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        }
    }

    /// The letter of the item or option at `index`; its number beyond Z, which no message reaches.
    package static func letter(_ index: Int) -> String {
        guard let place = UInt8(exactly: index), place < 26 else { return String(index + 1) }
        return String(UnicodeScalar(UInt8(ascii: "A") + place))
    }

    /// The maximum number of items in one message.
    package static let itemLimit = 20

    var contentDigest: String {
        if self.kind == .access {
            return AskBinding.digest(ofAccessFor: self.requester.id, session: self.session, turn: self.turn)
        }
        return self.bound
    }

    private var bound: String {
        AskBinding.digest(
            of: self.bindings, or: self.question, parked: self.parked, session: self.session, turn: self.turn,
            requester: self.requester.id)
    }

    /// Whether the answer said "always in this thread".
    package var isForLater: Bool {
        self.kind == .approval && self.answer == (self.isBatch ? Self.alwaysAll : Self.always)
    }

    /// Whether an approval's answer denies everything.
    package var isDenied: Bool { self.answer == (self.isBatch ? Self.none : Self.deny) }

    /// What an approval tells the turn that waits for it about one of its items; nil while it is open.
    package func approvalOutcome(of item: Int = 0) -> ApprovalOutcome? {
        let name = self.decider.map { AskTexts.name(of: $0) } ?? ""
        switch self.state {
        case .open: return nil
        case .expired: return .expired
        case .stopped: return .denied(by: name, reason: AskTexts.stopped)
        case .answered:
            return self.isApproved(item) && self.isIntact
                ? .approved(ask: self.id, by: name) : .denied(by: name, reason: self.reason)
        }
    }

    private func isApproved(_ item: Int) -> Bool {
        guard self.isBatch else { return self.answer == Self.approve || self.answer == Self.always }
        if self.answer == Self.all || self.answer == Self.alwaysAll { return true }
        return self.chosenLetters.contains(Self.letter(item))
    }

    /// The letters of the items that a batch's answer names.
    var chosenLetters: [String] { (self.answer ?? "").split(separator: ",").map(String.init) }

    /// What people said to a question; nil while it is open.
    package var questionAnswer: QuestionAnswer? {
        let name = self.decider.map { AskTexts.plainName(of: $0) }
        switch self.state {
        case .open: return nil
        case .expired, .stopped: return QuestionAnswer(.expired)
        case .answered: break
        }
        switch self.answer {
        case nil: return QuestionAnswer(.text(self.reason ?? ""), by: name)
        case Self.no: return QuestionAnswer(.no(reason: self.reason), by: name)
        case Self.done: return QuestionAnswer(.done, by: name)
        case let key?:
            let label = self.option(key)?.label ?? key
            return QuestionAnswer(.option(key: key, label: label, comment: self.reason), by: name)
        }
    }
}
