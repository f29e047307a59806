internal import Chat
internal import People
internal import Store
internal import Threads

/// Whom the message of an ask mentions: those who may decide it and can be reached on its network.
struct AskMentions: Sendable {
    let rule: AskRule
    let requester: Sender
    let session: String
    let room: RoomID
    let access: AccessControl

    private static let limit = 5

    func list(in ledger: Ledger) throws -> [Mention] {
        switch self.rule {
        // An answer notifies them, so they are named nowhere.
        case .requester, .asker, .members:
            return self.isOfNetwork(self.requester) ? [Mention(person: self.requester.person)] : []
        case .owners, .otherOwners: break
        }
        let writers = try Set(ledger.senders(in: self.session).map(\.id))
        let seen = try ledger.sightings().sorted { $0.at > $1.at }.map(\.sender)
        let known = Set(seen.map(\.id))
        let people = seen + self.access.listedOwners.filter { !known.contains($0.id) }
        let deciders = people.filter { owner in
            owner.isLasting && self.isOfNetwork(owner) && !owner.mayBeSamePerson(as: self.requester)
                && self.rule.allows(owner, as: self.access.role(of: owner), askedBy: self.requester)
        }
        // Whoever has written in the thread first.
        let present = deciders.filter { writers.contains($0.id) }
        return (present + deciders.filter { !writers.contains($0.id) }).prefix(Self.limit).map {
            Mention(person: $0.person, name: AskTexts.plainName(of: $0))
        }
    }

    private func isOfNetwork(_ sender: Sender) -> Bool {
        let network = { (id: String) in id.prefix { $0 != ":" } }
        return network(sender.id) == network(self.room.adapter.rawValue)
    }
}
