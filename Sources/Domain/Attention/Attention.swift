package import Chat
package import Threads

/// Who learns of an ask, and by which way. Pure.
///
/// - If whoever asked may decide it themselves, it stays with them: the message answers them.
/// - Otherwise everybody who may decide it learns of it once: in the thread if they are there, else in a direct message, else
///   by being named in the thread. Only people whose identity lasts count, because any other may be somebody else by then.
/// - People on other networks are notified only if nobody on the ask's own network can be, because one person may use
///   both. For an ask in the web chat, where nothing is posted, people on every network are notified.
package struct Attention: Sendable {
    package enum Way: Sendable, Equatable {
        /// Their name in the ask's message.
        case mention
        /// A direct message, in a conversation that exists or can be begun.
        case direct
    }

    /// Somebody who may decide, and how they can be reached.
    package struct Person: Sendable {
        let sender: Sender
        /// They read the ask's thread.
        let isPresent: Bool
        /// A message in the ask's room can name them.
        let isOfNetwork: Bool
        /// There is a direct conversation with them, or one may be begun.
        let hasDirect: Bool

        package init(_ sender: Sender, isPresent: Bool, isOfNetwork: Bool, hasDirect: Bool) {
            self.sender = sender
            self.isPresent = isPresent
            self.isOfNetwork = isOfNetwork
            self.hasDirect = hasDirect
        }
    }

    package struct Told: Sendable, Equatable {
        package let sender: Sender
        package let way: Way
    }

    let rule: AskRule
    let requester: Sender
    let requesterRole: Role?
    /// It is asked in the web chat.
    let isOnWeb: Bool

    /// The most people who are notified, and the most who are named in the message.
    package static let limit = 20
    package static let mentionLimit = 5

    package init(rule: AskRule, requester: Sender, requesterRole: Role?, isOnWeb: Bool = false) {
        self.rule = rule
        self.requester = requester
        self.requesterRole = requesterRole
        self.isOnWeb = isOnWeb
    }

    /// Whether whoever asked may decide it.
    package var isOfRequester: Bool {
        self.rule.allows(self.requester, as: self.requesterRole, askedBy: self.requester)
    }

    /// Whether somebody should be notified: they may decide what another has asked for.
    ///
    /// - Parameter sender: With the other identities of the person, as in ``AskRule/allows(_:as:askedBy:)``.
    package func concerns(_ sender: Sender, as role: Role?) -> Bool {
        !self.isOfRequester && sender.isLasting && !sender.mayBeSamePerson(as: self.requester)
            && self.rule.allows(sender, as: role, askedBy: self.requester)
    }

    /// - Parameter people: Those whom it concerns, whoever was seen last first.
    package func told(_ people: [Person]) -> [Told] {
        var mentions = 0
        var told: [Told] = []
        func tell(_ person: Person) {
            guard told.count < Self.limit, !told.contains(where: { $0.sender.mayBeSamePerson(as: person.sender) }),
                let way = Self.way(to: person, mayMention: mentions < Self.mentionLimit)
            else { return }
            if way == .mention { mentions += 1 }
            told.append(Told(sender: person.sender, way: way))
        }
        let near = people.filter { $0.isOfNetwork || self.isOnWeb }
        for person in near.filter(\.isPresent) + near.filter({ !$0.isPresent }) { tell(person) }
        if told.isEmpty { people.forEach(tell) }
        return told
    }

    private static func way(to person: Person, mayMention: Bool) -> Way? {
        if person.isPresent, person.isOfNetwork, mayMention { return .mention }
        if person.hasDirect { return .direct }
        return person.isOfNetwork && mayMention ? .mention : nil
    }
}
