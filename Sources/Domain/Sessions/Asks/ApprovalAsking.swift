internal import Chat

/// Everything that asking for an approval writes, as a value; ``write(to:)`` is its one transaction.
struct ApprovalAsking: Sendable {
    enum Result: Sendable {
        /// Nobody needs to be asked.
        case settled(ApprovalOutcome)
        /// The same was asked earlier in this turn.
        case joined(AskRecord)
        case asked(AskRecord, [OutboxItem])
        /// It may not or cannot be asked; a clause without a full stop.
        case refused(String)
    }

    let request: ApprovalRequest
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
        let binding = AskBinding(
            request: self.request, session: self.turn.session, turn: self.turn.id, requester: person.id)
        guard let role = self.access.role(of: person), role >= .member else { return .refused(AskTexts.guest) }
        guard !self.request.subject.allSatisfy(\.isWhitespace) else { return .refused(AskTexts.empty) }
        let digest = binding.digest
        if let earlier = try ledger.asks(ofTurn: self.turn.id).last(where: { $0.digest == digest }) {
            return .joined(earlier)
        }
        let rule = AskRule(self.request.approver)
        // What was said for later counts as long as the person who said it could say it now, and for this requester.
        for (giver, ask) in try ledger.standing(for: binding)
        where rule.allows(giver, as: self.access.role(of: giver), askedBy: person) {
            try self.desk.noteStanding(binding, from: ask, by: giver, in: ledger)
            return .settled(.approved(ask: nil, by: AskTexts.name(of: giver)))
        }
        return try self.ask(binding, digest, rule, in: ledger)
    }

    private func ask(
        _ binding: AskBinding, _ digest: String, _ rule: AskRule, in ledger: Ledger
    ) throws -> Result {
        let room = self.turn.route.room
        let id = try ledger.nextAskID()
        let end = self.at + self.timeout
        let make = { (message: Int64) in
            AskRecord(
                id: id, session: self.turn.session, turn: self.turn.id, kind: .approval,
                lead: AskTexts.lead(self.request, id: id, for: self.turn.sender, until: end),
                tail: AskTexts.tail(id, self.request.approver, sign: self.sign),
                options: AskTexts.options(of: self.request.action), rule: rule, requester: self.turn.sender,
                binding: binding, digest: digest, route: self.turn.route, message: message, createdAt: self.at,
                expiresAt: end)
        }
        let message = AskMessage(
            ask: make(0), traits: self.adapters.traits(of: room), renderer: self.adapters[room.adapter]?.renderer)
        guard let texts = message.messages else { return .refused(AskTexts.tooLong(self.request.action)) }
        let entry = try ledger.insertMessage(
            session: self.turn.session, turn: self.turn.id, role: .note, text: message.transcript, at: self.at)
        let ask = make(entry)
        try ledger.insert(ask)
        let items = try texts.enumerated().map { index, text in
            try ledger.insertOutbox(
                session: ask.session, turn: ask.turn, kind: .ask, route: ask.route, text: text,
                buttons: index == texts.count - 1 ? AskTexts.buttons(of: ask) : [], message: entry, at: self.at)
        }
        return .asked(ask, items)
    }
}
