internal import Chat
internal import Delivery
internal import JSON
internal import Logging
internal import People
internal import Store
internal import Threads

/// Who learns that a text names them: whoever may read it, once, in their inbox and in a direct message.
extension AskNotices {
    /// The most people whom one text tells.
    static let mentionsPerText = 10
    /// The most whom one person's texts tell in a day.
    static let mentionsPerDay = 100
    private static let day: Int64 = 86_400_000
    private static let batch = 100

    /// Looks up whom new texts name. A text is taken and its mentions are stored in one transaction, so that nobody is missed
    /// or told twice, whichever host does it. Asks do not wait for it to succeed.
    func readNames(at now: Int64) async {
        do {
            while try await self.store.read({ ledger in try ledger.hasNamedTexts() }) {
                let book = try await self.access.names()
                let found = try await self.store.write { ledger in
                    var found = 0
                    for text in try ledger.takeNamedTexts(limit: Self.batch) {
                        found += try self.mention(whom: text, names: book, in: ledger, at: now)
                    }
                    if found > 0 { try ledger.noteMentions() }
                    return found
                }
                if found > 0 { self.changes.note() }
            }
        } catch {
            self.environment.logger.error(
                "texts could not be read for names; retrying", ["error": .string("\(error)")])
            self.tell(after: Self.interval)
        }
    }

    /// Returns how many people the text tells.
    private func mention(whom text: NamedText, names book: NameBook, in ledger: Ledger, at now: Int64) throws -> Int {
        // Whom an earlier version named knows of it, and nobody needs to hear of their own words.
        var passed = Set(text.known.compactMap { book.person(named: $0) })
        if let author = book.person(with: text.author) { passed.insert(author) }
        let past = try ledger.mentionCount(by: text.author, since: now - Self.day, until: now)
        let limit = min(Self.mentionsPerText, Self.mentionsPerDay - past)
        var told = 0
        for name in text.names {
            guard told < limit else { break }
            guard let person = book.person(named: name), passed.insert(person).inserted,
                let (reader, isReachable) = try self.reader(of: text, book.entries(of: person), in: ledger, at: now)
            else { continue }
            try ledger.insertMention(of: reader, in: text, isTold: !isReachable)
            told += 1
        }
        return told
    }

    /// The identity by which a person learns of a text, of those with which they may read it: one that a direct message
    /// reaches, and which they used last.
    private func reader(
        of text: NamedText, _ entries: [NameBook.Entry], in ledger: Ledger, at now: Int64
    ) throws -> (identity: String, isReachable: Bool)? {
        let readers = try entries.filter { entry in
            let visitor = ThreadVisitor(identity: entry.identity, others: entry.others, role: entry.role)
            return try ledger.mayRead(text, visitor, at: now)
        }.map { entry in
            let isReachable = self.isServed(entry.direct) || self.adapter(reaching: entry.identity) != nil
            return (identity: entry.identity, isReachable: isReachable, seenAt: entry.seenAt)
        }
        return readers.max { ($0.isReachable ? 1 : 0, $0.seenAt) < ($1.isReachable ? 1 : 0, $1.seenAt) }
            .map { ($0.identity, $0.isReachable) }
    }

    // MARK: Direct messages

    /// Returns the stored messages, and after what time to look again.
    func writeMentions(
        to ledger: Ledger, _ people: [String: Person], at now: Int64
    ) throws -> ([StoredNotice], Int64?) {
        var notices: [StoredNotice] = []
        let wait = try self.tellEach(of: ledger.mentionedPeople(), people, in: ledger, at: now) { person, _ in
            try ledger.mentionsToTell(person, limit: Self.burst + 1)
        } heard: { person in
            try ledger.mentionTimes(of: person, since: now - Self.interval, until: now)
        } drop: { person, _, _ in
            // It is in their inbox.
            try ledger.setAllTold(person, at: now)
        } tell: { mention, _, known, direct in
            let notice = try self.notice(of: mention, to: known.sender, at: direct, in: ledger, now)
            notices += notice.map { [$0] } ?? []
            try ledger.setTold(mention.number, at: now)
        }
        return (notices, wait)
    }

    /// Nil if they may not read it any more, or have read it there.
    private func notice(
        of mention: PersonMention, to sender: Sender?, at direct: DirectConversation, in ledger: Ledger, _ now: Int64
    ) throws -> StoredNotice? {
        guard let sender, let role = self.access.role(of: sender) else { return nil }
        let visitor = ThreadVisitor(
            identity: sender.id, others: self.access.identities(of: sender.id).filter { $0 != sender.id }, role: role)
        let thread = try mention.text.session.flatMap { try ledger.session(id: $0) }
        guard try ledger.mayRead(mention.text, visitor, at: now), thread?.route.room != direct.route.room else {
            return nil
        }
        var session = try ledger.session(
            for: direct.thread, route: direct.route, owner: sender.id, title: "", at: now)
        session.route = self.adapters.apart(direct.route)
        let (title, url) = (thread?.title ?? "", self.environment.settings.publicURL)
        let text = try self.environment.speaking(to: sender.id, in: ledger) {
            NoticeTexts.mentioned(mention, in: title, url)
        }
        return try NoticeWriting(
            session: session, text: text, role: .note, kind: .note, adapters: self.adapters, at: now
        ).write(to: ledger)
    }
}
