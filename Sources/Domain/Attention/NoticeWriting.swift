package import Chat
package import Delivery
package import Store
package import Threads

/// A line of the bot as stored, to be shown next.
package struct StoredNotice: Sendable {
    package let session: String
    package let place: Place
    package let turn: String
    package let items: [OutboxItem]
    package let frames: [LiveFrame]
}

/// Stores a line of the bot outside of a turn: transcript, outbox and live protocol in one transaction.
package struct NoticeWriting: Sendable {
    let session: SessionRecord
    /// Markdown.
    let text: String
    let role: MessageRecord.Role
    let kind: OutboxItem.Kind
    package var commit: CommitNotice?
    /// A stored file below the text, and what to say where it is refused.
    package var file: (path: String, fallback: String)?
    /// Rendered messages with buttons below the last one, posted in place of the text.
    var messages: (texts: [String], buttons: [MessageButton])?
    /// Whom the last message mentions.
    var notified: Mention?
    let adapters: AdapterRegistry
    /// Milliseconds since 1970.
    let at: Int64

    package init(
        session: SessionRecord, text: String, role: MessageRecord.Role, kind: OutboxItem.Kind,
        commit: CommitNotice? = nil, adapters: AdapterRegistry, at now: Int64
    ) {
        self.session = session
        self.text = text
        self.role = role
        self.kind = kind
        self.commit = commit
        self.adapters = adapters
        self.at = now
    }

    package func write(to ledger: Ledger) throws -> StoredNotice {
        let route = self.session.route
        let poster = AnswerPoster(
            traits: self.adapters.traits(of: route.room),
            renderer: self.adapters[route.room.adapter]?.renderer ?? PlainRenderer())
        // An operation of its own, so that those who watch the thread see it.
        let id = Identifier.make("op")
        try ledger.insertMessage(session: self.session.id, turn: id, role: self.role, text: self.text, at: self.at)
        try ledger.insert(
            TurnRecord(
                id: id, session: self.session.id, kind: .command, work: id, text: "", sender: .itself,
                route: route, message: nil, state: .complete, attempts: 1, queuedAt: self.at, startedAt: self.at,
                endedAt: self.at))
        if let commit = self.commit { try ledger.insert(commit, turn: id, at: self.at) }
        let frames = [LiveFrame(operation: id, sequence: 1, kind: .complete, content: self.text, timestamp: self.at)]
        try ledger.insert(frames)
        let texts = self.messages?.texts ?? poster.messages(for: self.text)
        var items = try texts.enumerated().map { index, text in
            try ledger.insertOutbox(
                session: self.session.id, turn: id, kind: self.kind, route: route, text: text,
                buttons: index == texts.count - 1 ? self.messages?.buttons ?? [] : [], at: self.at)
        }
        if let notified = self.notified, let last = items.popLast() {
            items.append(try ledger.mention([notified], in: last))
        }
        if let file = self.file {
            let item = try ledger.insertOutbox(
                session: self.session.id, turn: id, kind: .file, route: route, text: file.fallback, at: self.at)
            try ledger.setFile(file.path, of: item.id)
            items.append(item)
        }
        return StoredNotice(
            session: self.session.id, place: Place(of: self.session.key), turn: id, items: items, frames: frames)
    }
}

extension Sender {
    /// Who writes the bot's own lines.
    fileprivate static var itself: Sender {
        Sender(id: "", identities: [], displayName: "", isBot: true, isSelf: true)
    }
}
