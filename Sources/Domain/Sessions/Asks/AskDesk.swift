internal import Attention
internal import Audit
internal import Chat
internal import Delivery
internal import Extensions
internal import JSON
internal import Logging
internal import People
internal import Store
internal import Threads
internal import Words

/// Ends asks: each ending, its place in the audit and the message that shows it are one transaction.
package struct AskDesk: Sendable {
    /// Nil outside of a host: the messages are then changed at its next start.
    let adapters: AdapterRegistry?
    let audit: @Sendable (Ledger, AuditEntry) throws -> Void

    /// The result, and what to send.
    struct Ending: Sendable {
        let result: AskResult
        /// The ask, if this ended it.
        var ended: AskRecord?
        var items: [OutboxItem] = []
    }

    /// Applies an answer at the time `now`, in milliseconds since 1970. The first valid one wins.
    func decide(_ answer: AskAnswer, in ledger: Ledger, at now: Int64) throws -> Ending {
        guard var ask = try ledger.ask(id: answer.ask) else { return Ending(result: .unknown) }
        let person = answer.sender.with(identities: try ledger.identities(of: answer.sender.id))
        guard ask.rule.allows(person, as: answer.role, askedBy: ask.requester) else {
            return Ending(result: .notAllowed(ask))
        }
        switch ask.state {
        case .open: break
        case .expired: return Ending(result: .expired(ask))
        case .answered, .stopped: return Ending(result: .settled(ask))
        }
        guard ask.expiresAt > now else {
            let (ended, items) = try self.end(ask, as: .expired, by: nil, in: ledger, at: now)
            return Ending(result: .expired(ended), ended: ended, items: items)
        }
        guard let choice = AskChoice(answer.key, answer.reason, to: ask) else {
            return Ending(result: .noSuchAnswer(ask))
        }
        guard ask.isIntact else { return Ending(result: .altered(ask)) }
        ask.answer = choice.answer
        ask.reason = choice.words
        if ask.isForLater {
            for binding in ask.bindings {
                try ledger.insertStanding(binding, by: answer.sender, ask: ask.id, at: now)
            }
        }
        let (ended, items) = try self.end(ask, as: .answered, by: answer.sender, in: ledger, at: now)
        return Ending(result: .decided(ended), ended: ended, items: items)
    }

    /// Ends an open ask.
    func end(
        _ ask: AskRecord, as state: AskRecord.State, by decider: Sender?, in ledger: Ledger, at now: Int64
    ) throws -> (AskRecord, [OutboxItem]) {
        var ask = ask
        ask.state = state
        ask.decider = decider
        ask.decidedAt = now
        guard try ledger.settle(ask) else { return (try ledger.ask(id: ask.id) ?? ask, []) }
        if let role = ask.grantedRole, let decider {
            try AccessGrant(ask.requester, as: role, by: decider).write(to: ledger, at: now, audit: self.audit)
        }
        if let list = ask.decidedExtension, let decider {
            try ledger.settleExtension(
                list.name, digest: list.digest, isApproved: list.isApproved, by: decider.id, at: now)
        }
        let outcome = Language.$current.withValue(.en) { AskTexts.outcome(of: ask) }
        try self.audit(ledger, self.entry(for: ask, outcome))
        return (ask, try self.show(ask, in: ledger, at: now))
    }

    /// Ends the open asks for which a turn that ends has waited: `stop` denies, everything else lets them expire.
    func endAll(
        of turn: TurnRecord, stoppedBy decider: Sender?, in ledger: Ledger, at now: Int64
    ) throws -> (asks: [AskRecord], items: [OutboxItem]) {
        try self.end(try ledger.asks(of: turn), stoppedBy: decider, in: ledger, at: now)
    }

    /// Ends those of a turn's asks that are open and not parked.
    func end(
        _ all: [AskRecord], stoppedBy decider: Sender?, in ledger: Ledger, at now: Int64
    ) throws -> (asks: [AskRecord], items: [OutboxItem]) {
        var (asks, items) = ([AskRecord](), [OutboxItem]())
        for ask in all where ask.state == .open && ask.parked == nil {
            let (ended, shown) = try self.end(
                ask, as: decider == nil ? .expired : .stopped, by: decider, in: ledger, at: now)
            asks.append(ended)
            items += shown
        }
        return (asks, items)
    }

    /// Keeps the open approvals of a turn that a restart interrupts: their answer continues it. Ends its other asks.
    func leave(
        _ turn: TurnRecord, in ledger: Ledger, at now: Int64
    ) throws -> (asks: [AskRecord], items: [OutboxItem]) {
        for ask in try ledger.asks(of: turn) where ask.state == .open && ask.outlivesTurn {
            try ledger.park(ask, for: turn.kind)
        }
        return try self.endAll(of: turn, stoppedBy: nil, in: ledger, at: now)
    }

    /// Closes the open questions of a session for which no turn waits.
    ///
    /// - Parameter kind: Nil for every kind.
    func closeParked(
        of session: String, _ kind: AskRecord.Kind? = nil, by decider: Sender, in ledger: Ledger, at now: Int64
    ) throws -> (asks: [AskRecord], items: [OutboxItem]) {
        var (asks, items) = ([AskRecord](), [OutboxItem]())
        for ask in try ledger.openAsks(of: session) where ask.parked != nil && (kind == nil || ask.kind == kind) {
            let (ended, shown) = try self.end(ask, as: .stopped, by: decider, in: ledger, at: now)
            asks.append(ended)
            items += shown
        }
        return (asks, items)
    }

    /// Lets every open ask of a session expire.
    func closeAll(of session: String, in ledger: Ledger, at now: Int64) throws -> [AskRecord] {
        try ledger.openAsks(of: session).map { try self.end($0, as: .expired, by: nil, in: ledger, at: now).0 }
    }

    /// Records that an earlier "always in this thread" permits what is asked now.
    func noteStanding(_ binding: AskBinding, from ask: String, by giver: Sender, in ledger: Ledger) throws {
        let identity = AskTexts.identity(of: giver).map { " (\($0))" } ?? ""
        let outcome = "Approved earlier by \(giver.displayName)\(identity)"
        try self.audit(
            ledger,
            AuditEntry(
                kind: .approval, session: binding.session, turn: binding.turn, actor: giver.id,
                details: Self.details(of: binding, ask: ask, outcome: outcome)))
    }

    // MARK: What people see

    /// Changes an ask's message to its outcome, or posts a line where nothing can be edited.
    func show(_ ask: AskRecord, in ledger: Ledger, at now: Int64) throws -> [OutboxItem] {
        guard let adapters = self.adapters else { return [] }
        let notices = try AskNotices.end(ask, in: ledger, adapters, at: now)
        let posts = try ledger.posts(of: ask)
        try ledger.withdraw(posts)
        try ledger.markShown(ask, text: "\(ask.lead)\n\n\(AskTexts.outcomeLine(of: ask))")
        let room = ask.route.room
        let traits = adapters.traits(of: room)
        let message = AskMessage(ask: ask, traits: traits, renderer: adapters[room.adapter]?.renderer)
        if ask.kind == .access {
            // The stranger reads nothing of it until they are let in.
            let text = ask.grantedRole.flatMap { message.composed(AskTexts.admitted(as: $0, sign: traits.sign)) }
            return try notices
                + (text.map {
                    try ledger.insertOutbox(
                        session: ask.session, turn: ask.turn, kind: .note, route: adapters.apart(ask.route), text: $0,
                        at: now)
                }.map { [$0] } ?? [])
        }
        guard let text = message.outcome else { return notices }
        let isEdited = message.isEditable && adapters[room.adapter] is any EditingAdapter
        let outcome = try ledger.insertOutbox(
            session: ask.session, turn: ask.turn, kind: isEdited ? .outcome : .note, route: ask.route, text: text,
            message: isEdited ? posts.last?.id : nil, at: now)
        return [outcome] + notices
    }

    // MARK: Audit

    private func entry(for ask: AskRecord, _ outcome: String) -> AuditEntry {
        let details: JSON
        if ask.bindings.count == 1, let binding = ask.bindings.first {
            details = Self.details(of: binding, ask: ask.id, outcome: outcome)
        } else {
            var fields: JSONObject = [
                "ask": .string(ask.id), "kind": .string(ask.kind.rawValue),
                "outcome": .string(Redaction.redact(outcome)), "digest": .string(ask.digest),
                "requester": .string(ask.requester.id),
            ]
            if ask.isBatch {
                fields["items"] = .array(
                    ask.bindings.enumerated().map { index, binding in
                        Self.details(of: binding, ask: ask.id, outcome: Self.outcome(of: index, ask))
                    })
            }
            details = .object(fields)
        }
        return AuditEntry(
            kind: .approval, session: ask.session, turn: ask.turn, actor: ask.decider?.id ?? "jetbridge",
            details: details)
    }

    private static func outcome(of item: Int, _ ask: AskRecord) -> String {
        switch ask.approvalOutcome(of: item) {
        case .approved: "Approved"
        case .denied: "Denied"
        case .expired: "Expired"
        case nil: "Open"
        }
    }

    private static func details(of binding: AskBinding, ask: String, outcome: String) -> JSON {
        [
            "ask": .string(ask), "action": .string(binding.request.action.rawValue),
            "subject": .string(Redaction.redact(binding.request.subject)),
            "directory": .string(binding.request.directory), "tool": .string(binding.request.tool),
            "requester": .string(binding.requester), "digest": .string(binding.digest),
            "outcome": .string(Redaction.redact(outcome)),
        ]
    }
}
