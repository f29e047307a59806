internal import Chat
internal import Store
internal import Threads

/// Asks the owners to let in a stranger, as a value; ``write(to:)`` is part of one transaction.
///
/// It belongs to the thread of the stranger's direct messages, where nothing is posted until an owner has let them in.
struct AccessAsking: Sendable {
    let message: InboundMessage
    let notices: AskNotices
    let at: Int64

    /// The most that are open on a network.
    static let limit = 3

    func write(to ledger: Ledger) throws -> AskRecord {
        let (person, id, turn) = (self.message.sender, try ledger.nextAskID(), Identifier.make("op"))
        let session = try ledger.session(
            for: self.message.thread, route: self.message.route, owner: person.id,
            title: "Access for \(AskTexts.plainName(of: person))", at: self.at)
        let end = self.at + StrangerBook.day
        let lead = AskTexts.accessLead(id, for: person, on: self.message.thread.adapter)
        // Whoever decides gets the part after it with the signs of their network.
        let tail = AskTexts.accessTail(id, until: end, sign: CommandSign("!"))
        let entry = try ledger.insertMessage(
            session: session.id, turn: turn, role: .note, text: "\(lead)\n\n\(tail)", at: self.at)
        try ledger.insert(
            TurnRecord(
                id: turn, session: session.id, kind: .command, work: turn, text: "", sender: person,
                route: self.message.route, message: nil, state: .complete, attempts: 1, queuedAt: self.at,
                startedAt: self.at, endedAt: self.at))
        let ask = AskRecord(
            id: id, session: session.id, turn: turn, kind: .access, lead: lead, tail: tail,
            options: AskTexts.accessOptions, rule: .owners, requester: person, bindings: [], question: nil, parked: nil,
            digest: AskBinding.digest(ofAccessFor: person.id, session: session.id, turn: turn),
            route: self.message.route, message: entry, createdAt: self.at, expiresAt: end)
        try ledger.insert(ask)
        for owner in try self.notices.told(of: ask, in: ledger).directs {
            try ledger.insertNotice(of: id, for: owner)
        }
        return ask
    }
}
