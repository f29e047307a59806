package import Chat
internal import Delivery
internal import People
package import Store
package import Threads

/// Who should hear of a new ask: the facts for ``Attention``.
extension AskNotices {
    package struct Told: Sendable, Equatable {
        /// Whom the ask's message names.
        package var mentions: [Mention] = []
        /// Who gets a direct message, by identity.
        package var directs: [String] = []

        package init() {}
    }

    package func told(of ask: AskRecord, in ledger: Ledger) throws -> Told {
        let room = ask.route.room
        let isOnWeb = self.adapters.traits(of: room).capabilities.contains(.transcript)
        let attention = Attention(
            rule: ask.rule, requester: ask.requester, requesterRole: self.access.role(of: ask.requester),
            isOnWeb: isOnWeb)
        var told = Told()
        if attention.isOfRequester {
            // An answer notifies them, so they are named nowhere.
            if Self.isOfNetwork(ask.requester, room) { told.mentions = [Mention(person: ask.requester.person)] }
            return told
        }
        for next in attention.told(try self.people(attention, ask, in: ledger)) {
            switch next.way {
            case .mention:
                told.mentions.append(Mention(person: next.sender.person, name: AskTexts.plainName(of: next.sender)))
            case .direct: told.directs.append(next.sender.id)
            }
        }
        return told
    }

    private func people(_ attention: Attention, _ ask: AskRecord, in ledger: Ledger) throws -> [Attention.Person] {
        let room = ask.route.room
        let writers = try Set(ledger.senders(in: ask.session).map(\.id))
        let sightings = try ledger.sightings().sorted { $0.at > $1.at }
        let known = Set(sightings.map(\.sender.id))
        let others = self.access.listedOwners.filter { !known.contains($0.id) }
        // In a room without threads everybody sees everything.
        let hasThreads = self.adapters.traits(of: room).capabilities.contains(.threads)
        let all = sightings.map { ($0.sender, $0.direct, true) } + others.map { ($0, nil, false) }
        return try all.compactMap { sender, direct, isSeen in
            // The role first: only of the few who may decide are threads looked up.
            let person = self.access.person(sender)
            guard attention.concerns(person, as: self.access.role(of: sender)) else { return nil }
            let isPresent =
                try writers.contains(sender.id) || direct?.route.room == room
                || (isSeen && !hasThreads && ledger.hasSession(of: sender.id, in: room))
            return Attention.Person(
                person, isPresent: isPresent, isOfNetwork: Self.isOfNetwork(sender, room),
                hasDirect: self.notifiesPeople && (self.isServed(direct) || self.adapter(reaching: sender.id) != nil))
        }
    }

    func isServed(_ direct: DirectConversation?) -> Bool {
        direct.map { self.adapters[$0.route.room.adapter] != nil } ?? false
    }

    /// The adapter that may begin a direct conversation with somebody.
    func adapter(reaching identity: String) -> (any DirectAdapter)? {
        self.adapters.all.lazy.compactMap { $0 as? any DirectAdapter }.first { $0.mayReach(identity) }
    }

    package static func isOfNetwork(_ sender: Sender, _ room: RoomID) -> Bool {
        let network = { (id: String) in id.prefix { $0 != ":" } }
        return network(sender.id) == network(room.adapter.rawValue)
    }
}
