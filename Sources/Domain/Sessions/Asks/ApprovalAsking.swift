internal import Chat

/// Everything that asking for approvals writes, as a value; ``write(to:)`` is its one transaction.
struct ApprovalAsking: Sendable {
    enum Result: Sendable {
        case asked(Asked)
        /// It may not or cannot be asked; a clause without a full stop.
        case refused(String)
        /// The room cannot show all of them in one message.
        case tooLong
    }

    struct Asked: Sendable {
        /// What needs no question, in the order of the requests; nil for what the ask decides.
        var outcomes: [ApprovalOutcome?] = []
        var ask: AskRecord?
        var items: [OutboxItem] = []
        /// The same was not asked earlier in this turn.
        var isNew = false
    }

    let requests: [ApprovalRequest]
    let turn: TurnRecord
    let adapters: AdapterRegistry
    let access: AccessControl
    let desk: AskDesk
    let sign: CommandSign
    /// Milliseconds.
    let timeout: Int64
    let at: Int64

    func write(to ledger: Ledger) throws -> Result {
        let person = self.turn.sender
        guard let role = self.access.role(of: person), role >= .member else { return .refused(AskTexts.guest) }
        guard self.requests.allSatisfy({ !$0.subject.allSatisfy(\.isWhitespace) }) else {
            return .refused(AskTexts.empty)
        }
        var asked = Asked(outcomes: self.requests.map { _ in nil })
        if try self.join(self.requests, &asked, in: ledger) { return .asked(asked) }
        // What was said for later counts as long as the person who said it could say it now, and for this requester.
        for (index, request) in self.requests.enumerated() {
            asked.outcomes[index] = try self.standing(request, in: ledger)
        }
        let rest = zip(self.requests, asked.outcomes).filter { $0.1 == nil }.map(\.0)
        if rest.isEmpty { return .asked(asked) }
        if rest.count < self.requests.count, try self.join(rest, &asked, in: ledger) { return .asked(asked) }
        guard rest.count <= AskRecord.itemLimit, let written = try self.writing(rest).write(to: ledger) else {
            return .tooLong
        }
        (asked.ask, asked.items, asked.isNew) = (written.ask, written.items, true)
        return .asked(asked)
    }

    private func writing(_ requests: [ApprovalRequest]) -> AskWriting {
        // The strictest rule counts for all.
        let isForOwners = requests.contains { $0.approver == .ownersOnly }
        return AskWriting(
            content: .approvals(requests, AskRule(isForOwners ? .ownersOnly : .requester)), turn: self.turn,
            adapters: self.adapters, sign: self.sign, lifetime: self.timeout, at: self.at)
    }

    /// Finds the same in an earlier ask of the turn.
    private func join(_ requests: [ApprovalRequest], _ asked: inout Asked, in ledger: Ledger) throws -> Bool {
        let digest = self.writing(requests).digest
        asked.ask = try ledger.asks(ofTurn: self.turn.id).last { $0.digest == digest }
        return asked.ask != nil
    }

    private func standing(_ request: ApprovalRequest, in ledger: Ledger) throws -> ApprovalOutcome? {
        let person = self.turn.sender
        let binding = AskBinding(
            request: request, session: self.turn.session, turn: self.turn.id, requester: person.id)
        let rule = AskRule(request.approver)
        for (giver, ask) in try ledger.standing(for: binding)
        where rule.allows(giver, as: self.access.role(of: giver), askedBy: person) {
            try self.desk.noteStanding(binding, from: ask, by: giver, in: ledger)
            return .approved(ask: nil, by: AskTexts.name(of: giver))
        }
        return nil
    }
}
