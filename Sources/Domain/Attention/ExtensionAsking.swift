package import Chat
package import Store
package import Threads

/// Asks the owners to approve what an extension lists, as a value; ``write(to:)`` is part of one transaction.
///
/// It belongs to a thread of the web chat that nobody has begun, so that every owner sees it there.
package struct ExtensionAsking: Sendable {
    /// The thread of all these asks.
    package static let thread = ThreadKey(adapter: Place.webAdapter, value: "extensions")

    private let name: String
    private let digest: String
    private let text: String
    private let notices: AskNotices
    private let at: Int64

    /// It may wait until an owner is back.
    private static let lifetime: Int64 = 90 * 86_400_000

    /// - Parameters:
    ///   - name: The extension's.
    ///   - digest: Of the list.
    ///   - text: Markdown: who wants what, and the list.
    package init(_ name: String, digest: String, text: String, notices: AskNotices, at now: Int64) {
        self.name = name
        self.digest = digest
        self.text = text
        self.notices = notices
        self.at = now
    }

    /// The thread's session.
    package static func session(in ledger: Ledger, at now: Int64) throws -> SessionRecord {
        let route = Route(room: RoomID(adapter: Place.webAdapter, name: Self.thread.value))
        return try ledger.session(for: Self.thread, route: route, owner: "", title: "Extensions", at: now)
    }

    package func write(to ledger: Ledger) throws -> AskRecord {
        let (id, turn, end) = (try ledger.nextAskID(), Identifier.make("op"), self.at + Self.lifetime)
        let session = try Self.session(in: ledger, at: self.at)
        let route = session.route
        let lead = AskTexts.extensionLead(id, self.text)
        // Whoever decides elsewhere gets the part after it with the signs of their network.
        let tail = AskTexts.extensionTail(id, until: end, sign: CommandSign("/"))
        let options = AskTexts.extensionOptions.map { "\($0.key). \($0.label)" }.joined(separator: "  \n")
        let entry = try ledger.insertMessage(
            session: session.id, turn: turn, role: .note, text: "\(lead)\n\n\(options)\n\n\(tail)", at: self.at)
        try ledger.insert(
            TurnRecord(
                id: turn, session: session.id, kind: .command, work: turn, text: "", sender: Self.host, route: route,
                message: nil, state: .complete, attempts: 1, queuedAt: self.at, startedAt: self.at, endedAt: self.at))
        let request = ApprovalRequest(
            action: .call, subject: self.name, directory: "", tool: "extensions", approver: .ownersOnly,
            effect: self.digest)
        let binding = AskBinding(request: request, session: session.id, turn: turn, requester: Self.host.id)
        let ask = AskRecord(
            id: id, session: session.id, turn: turn, kind: .extension, lead: lead, tail: tail,
            options: AskTexts.extensionOptions, rule: .owners, requester: Self.host, bindings: [binding],
            question: nil, parked: nil, digest: binding.digest, route: route, message: entry, createdAt: self.at,
            expiresAt: end)
        try ledger.insert(ask)
        for owner in try self.notices.told(of: ask, in: ledger).directs {
            try ledger.insertNotice(of: id, for: owner)
        }
        return ask
    }

    /// Who asks.
    private static let host = Sender(
        id: "jetbridge", identities: [], displayName: "Jetbridge", isBot: true, isSelf: true)
}
