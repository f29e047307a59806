internal import Attention
internal import Chat
internal import Delivery
internal import People
internal import Store
internal import Threads

/// Everything that asking for approvals writes, as a value; ``write(to:)`` is its one transaction.
struct ApprovalAsking: Sendable {
    enum Result: Sendable {
        case asked(Asked)
        /// It may not or cannot be asked; a clause without a full stop.
        case refused(String)
        /// The room cannot show all of them in one message.
        case tooLong
    }

    /// Where the outcome of a request comes from.
    enum Source: Sendable {
        /// It needs no question.
        case known(ApprovalOutcome)
        case item(Int, ofAsk: String)
    }

    struct Asked: Sendable {
        /// In the order of the requests.
        var sources: [Source] = []
        /// The asks among the sources.
        var asks: [AskRecord] = []
        var items: [OutboxItem] = []
        /// The one of ``asks`` that was not asked before.
        var new: AskRecord?
        /// Asks that ended because what they are about has changed.
        var ended: [AskRecord] = []
    }

    let requests: [ApprovalRequest]
    let turn: TurnRecord
    let adapters: AdapterRegistry
    let access: AccessControl
    let desk: AskDesk
    let notices: AskNotices
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
        var asked = Asked()
        let earlier = try ledger.asks(of: self.turn).filter { $0.kind == .approval }
        if let ask = self.same(self.requests, in: earlier) {
            asked.asks = [ask]
            asked.sources = self.requests.indices.map { .item($0, ofAsk: ask.id) }
            return .asked(asked)
        }
        var changed: [AskRecord] = []
        // What was said for later counts as long as the person who said it could say it now, and for this requester.
        let known = try self.requests.map { request -> Source? in
            switch self.decision(on: request, in: earlier) {
            case .same(let ask, let item):
                if !asked.asks.contains(where: { $0.id == ask.id }) { asked.asks.append(ask) }
                return .item(item, ofAsk: ask.id)
            case .changed(let ask):
                changed.append(ask)
                return .known(.denied(by: AskTexts.policy, reason: AskTexts.hasChanged(since: ask.id)))
            case nil: return try self.standing(request, in: ledger).map { .known($0) }
            }
        }
        let rest = zip(self.requests, known).filter { $0.1 == nil }.map(\.0)
        var open: AskRecord?
        if !rest.isEmpty {
            if let ask = self.same(rest, in: earlier) {
                open = ask
            } else {
                guard rest.count <= AskRecord.itemLimit, let written = try self.writing(rest).write(to: ledger) else {
                    return .tooLong
                }
                (open, asked.new, asked.items) = (written.ask, written.ask, written.items)
            }
        }
        if let open { asked.asks.append(open) }
        var item = -1
        asked.sources = known.map { source in
            if let source { return source }
            item += 1
            return .item(item, ofAsk: open?.id ?? "")
        }
        // Unless its other items still wait.
        for ask in changed where ask.state == .open && !(asked.asks + asked.ended).contains(where: { $0.id == ask.id })
        {
            let (ended, items) = try self.desk.end(ask, as: .expired, by: nil, in: ledger, at: self.at)
            asked.ended.append(ended)
            asked.items += items
        }
        return .asked(asked)
    }

    private func writing(_ requests: [ApprovalRequest]) -> AskWriting {
        // The strictest rule counts for all.
        let isForOwners = requests.contains { $0.approver == .ownersOnly }
        return AskWriting(
            content: .approvals(requests, AskRule(isForOwners ? .ownersOnly : .requester)), turn: self.turn,
            adapters: self.adapters, notices: self.notices, sign: self.sign, lifetime: self.timeout, at: self.at)
    }

    // MARK: Asked before

    /// The ask of this turn that is about the same.
    private func same(_ requests: [ApprovalRequest], in earlier: [AskRecord]) -> AskRecord? {
        // No ask has more items, and the digest costs all of their texts.
        guard requests.count <= AskRecord.itemLimit else { return nil }
        let digest = self.writing(requests).digest
        return earlier.last { $0.turn == self.turn.id && $0.digest == digest }
    }

    private enum Earlier {
        case same(AskRecord, Int)
        /// It was asked about the call, which would do something else now.
        case changed(AskRecord)
    }

    /// What was asked about a call before a restart, by this turn or one that it continues.
    private func decision(on request: ApprovalRequest, in earlier: [AskRecord]) -> Earlier? {
        guard case .call = request.scope else { return nil }
        for ask in earlier.reversed() where self.counts(ask) {
            guard let item = ask.bindings.firstIndex(where: { $0.request.scope == request.scope }) else { continue }
            let binding = AskBinding(
                request: request, session: ask.session, turn: ask.turn, requester: ask.requester.id)
            return binding.digest == ask.bindings[item].digest ? .same(ask, item) : .changed(ask)
        }
        return nil
    }

    private func counts(_ ask: AskRecord) -> Bool {
        if ask.turn == self.turn.id { return true }
        // Who continues the work of somebody else needs approvals of their own.
        guard ask.requester.isSamePerson(as: self.turn.sender) else { return false }
        switch ask.state {
        case .open: return true
        case .answered: return ask.takenAt == nil || ask.expiresAt > self.at
        case .expired, .stopped: return false
        }
    }

    private func standing(_ request: ApprovalRequest, in ledger: Ledger) throws -> ApprovalOutcome? {
        let person = self.turn.sender
        let binding = AskBinding(
            request: request, session: self.turn.session, turn: self.turn.id, requester: person.id)
        let rule = AskRule(request.approver)
        for (giver, ask) in try ledger.standing(for: binding)
        where rule.allows(self.access.person(giver), as: self.access.role(of: giver), askedBy: person) {
            try self.desk.noteStanding(binding, from: ask, by: giver, in: ledger)
            return .approved(ask: nil, by: AskTexts.name(of: giver))
        }
        return nil
    }
}
