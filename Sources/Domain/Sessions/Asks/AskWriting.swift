internal import Attention
internal import Chat
internal import Delivery
internal import Store
internal import Threads

/// Stores an ask with its messages, as a value; ``write(to:)`` is part of one transaction.
struct AskWriting: Sendable {
    enum Content: Sendable {
        case approvals([ApprovalRequest], AskRule)
        case question(ThreadQuestion, AskRecord.Parking?)
    }

    private(set) var content: Content
    let turn: TurnRecord
    let adapters: AdapterRegistry
    let notices: AskNotices
    let sign: CommandSign
    /// Milliseconds.
    let lifetime: Int64
    let at: Int64
    private(set) var told = AskNotices.Told()

    /// It belongs to a round of questions about a specification, of which a thread has one at a time.
    var isClarification: Bool {
        if case .question(let question, _?) = self.content { question.kind == .clarify } else { false }
    }

    /// The digest that the ask will have.
    var digest: String { self.record(id: "", message: 0).digest }

    /// Whether the room can show it whole.
    var isShowable: Bool { self.message(self.record(id: "a0000000", message: 0)).messages != nil }

    /// With previews that the room can show; nil when it cannot show the rest whole.
    private var fitted: AskWriting? {
        if self.isShowable { return self }
        guard case .approvals(let requests, let rule) = self.content, requests.contains(where: { $0.preview != nil })
        else { return nil }
        for limit in AskPreview.limits {
            var shorter = self
            shorter.content = .approvals(requests.map { AskPreview.cut($0, to: limit) }, rule)
            if shorter.isShowable { return shorter }
        }
        return nil
    }

    /// Nil when the room cannot show it whole.
    func write(to ledger: Ledger) throws -> (ask: AskRecord, items: [OutboxItem])? {
        var writing = self
        writing.told = try self.notices.told(of: self.record(id: "a0000000", message: 0), in: ledger)
        if let fitted = writing.fitted { return try fitted.store(in: ledger) }
        // Without the names there may be room.
        writing.told.mentions = []
        return try writing.fitted?.store(in: ledger)
    }

    private func store(in ledger: Ledger) throws -> (ask: AskRecord, items: [OutboxItem])? {
        let id = try ledger.nextAskID()
        let message = self.message(self.record(id: id, message: 0))
        guard let texts = message.messages else { return nil }
        let entry = try ledger.insertMessage(
            session: self.turn.session, turn: self.turn.id, role: .note, text: message.transcript, at: self.at)
        let ask = self.record(id: id, message: entry)
        try ledger.insert(ask)
        for person in self.told.directs { try ledger.insertNotice(of: id, for: person) }
        let items = try texts.enumerated().map { index, text in
            try ledger.insertOutbox(
                session: ask.session, turn: ask.turn, kind: .ask,
                route: index == 0 ? ask.route.mentioning(self.told.mentions) : ask.route, text: text,
                buttons: index == texts.count - 1 ? AskTexts.buttons(of: ask) : [], message: entry, at: self.at)
        }
        return (ask, items)
    }

    private func message(_ ask: AskRecord) -> AskMessage {
        let room = self.turn.route.room
        return AskMessage(
            ask: ask, traits: self.adapters.traits(of: room), renderer: self.adapters[room.adapter]?.renderer,
            mentioning: self.told.mentions)
    }

    private func record(id: String, message: Int64) -> AskRecord {
        let end = self.at + self.lifetime
        let person = self.turn.sender
        let (kind, lead, tail): (AskRecord.Kind, String, String)
        let (options, rule): ([AskRecord.Option], AskRule)
        var (bindings, asked, parked): ([AskBinding], ThreadQuestion?, AskRecord.Parking?) = ([], nil, nil)
        switch self.content {
        case .approvals(let requests, let owned):
            (kind, rule) = (.approval, owned)
            lead = AskTexts.lead(requests, id: id, for: person, until: end)
            tail = AskTexts.tail(id, requests, sign: self.sign)
            options = AskTexts.options(of: requests)
            bindings = requests.map { self.binding($0) }
        case .question(let question, let parking):
            (kind, rule) = (AskRecord.Kind(question.kind), AskRule(question.answerer))
            lead = AskTexts.lead(question, id: id)
            tail = AskTexts.tail(question, of: person, until: end)
            options = AskTexts.options(of: question)
            (asked, parked) = (question, parking)
        }
        let digest = AskBinding.digest(
            of: bindings, or: asked, parked: parked, session: self.turn.session, turn: self.turn.id,
            requester: person.id)
        return AskRecord(
            id: id, session: self.turn.session, turn: self.turn.id, kind: kind, lead: lead, tail: tail,
            options: options, rule: rule, requester: person, bindings: bindings, question: asked, parked: parked,
            digest: digest, route: self.turn.route, message: message, createdAt: self.at, expiresAt: end)
    }

    func binding(_ request: ApprovalRequest) -> AskBinding {
        AskBinding(
            request: request, session: self.turn.session, turn: self.turn.id, requester: self.turn.sender.id)
    }
}

extension AskRecord.Kind {
    init(_ kind: ThreadQuestion.Kind) {
        switch kind {
        case .question, .memory: self = .question
        case .clarify: self = .clarify
        case .conflict: self = .conflict
        }
    }
}
