package import Chat
internal import Primitives
internal import Store

/// Everybody with access, by what texts call them: a name, an id or an identity. Pure.
///
/// Somebody with several identities is one person, and a name that two people have means neither.
package struct NameBook: Sendable {
    /// One identity of a person.
    package struct Entry: Sendable {
        package let identity: String
        /// The person's other ones.
        package let others: [String]
        /// Of ``identity``.
        package let role: Role
        /// Where they write to the bot directly.
        package let direct: DirectConversation?
        /// Milliseconds since 1970; 0 if they were never seen on a network.
        package let seenAt: Int64
    }

    /// What a person is called.
    package struct Name: Sendable, Equatable {
        package let id: String
        package let shown: String
        /// What a text has after the sign to mean this person: the name, or the id if others have that name too.
        package let written: String
    }

    private var entries: [Entry] = []
    /// The numbers of entries, by person, and what they are called first.
    private var people: [(entries: [Int], shown: String)] = []
    /// As they are compared, with the numbers of those who are called so.
    private var names: [[UInt8]: Set<Int>] = [:]
    private var persons: [String: Int] = [:]

    /// In bytes. Whoever has a longer name is mentioned by id.
    private static let nameLimit = 100
    /// The most names of a list.
    private static let listLimit = 1_000

    /// - Parameters:
    ///   - links: the identities of each person who has several.
    ///   - role: of a sender, whom an entry such as a mask may admit together with others.
    init(_ listed: [Person], sightings: [Sighting], links: [[String]], role: (Sender) -> Role?) {
        let groups = Dictionary(
            links.flatMap { group in group.map { ($0, group) } }, uniquingKeysWith: { first, _ in first })
        // Most entries are one identity, so that few people have to be compared with everybody who was seen.
        var byIdentity: [[UInt8]: [Int]] = [:]
        for (index, sighting) in sightings.enumerated() {
            for key in Set(sighting.sender.identities.map { Self.key($0.value) }) {
                byIdentity[key, default: []].append(index)
            }
        }
        for person in listed where person.way != .token {
            let isPattern = person.identity.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
            let near =
                isPattern ? sightings : byIdentity[Self.key(person.identity)]?.map { sightings[$0] } ?? []
            let seen = near.filter { sighting in
                sighting.sender.identities.contains { AccessPolicy.matches(person.identity, $0) }
            }
            for sighting in seen {
                guard let role = role(sighting.sender) else { continue }
                let id = sighting.sender.id
                // An entry that admits several people is nobody's name.
                let names = seen.count == 1 ? [person.id, person.identity, person.account] : []
                self.add(
                    id, groups[id] ?? [id], role, [sighting.sender.displayName, id, Person.id(of: id)] + names,
                    sighting)
            }
            guard seen.isEmpty else { continue }
            self.add(
                person.identity, groups[person.identity] ?? [person.identity], person.role,
                [person.shownName, person.id, person.identity, person.account], nil)
        }
    }

    private mutating func add(
        _ identity: String, _ all: [String], _ role: Role, _ names: [String], _ sighting: Sighting?
    ) {
        // A linked identity may have been added as another one of the same person.
        let number = all.compactMap { self.persons[$0] }.first ?? self.people.count
        if number == self.people.count { self.people.append(([], names[0])) }
        for identity in all { self.persons[identity] = number }
        if !self.people[number].entries.contains(where: { self.entries[$0].identity == identity }) {
            self.people[number].entries.append(self.entries.count)
            self.entries.append(
                Entry(
                    identity: identity, others: all.filter { $0 != identity }, role: role, direct: sighting?.direct,
                    seenAt: sighting?.at ?? 0))
        }
        for name in names {
            let bytes = Self.folded(name)
            if 1...Self.nameLimit ~= bytes.count { self.names[bytes, default: []].insert(number) }
        }
    }

    /// The same for identities that ``AccessPolicy`` takes for one.
    private static func key(_ identity: String) -> [UInt8] { Glob.fold(Array(identity.utf8)) }

    private static func folded(_ text: String) -> [UInt8] {
        Array(text.beginning(bytes: 2 * Self.nameLimit).lowercased().utf8)
    }

    // MARK: Looking up

    /// The person with an identity.
    package func person(with identity: String) -> Int? { self.persons[identity] }

    package func entries(of person: Int) -> [Entry] { self.people[person].entries.map { self.entries[$0] } }

    /// The person whose name this text begins with, the longest that ends where a word does; nil if nobody's does, or
    /// several people have that one.
    package func person(named text: String) -> Int? {
        let text = Self.folded(text)
        for length in (0...min(text.count, Self.nameLimit)).reversed() where Self.endsWord(text[length...]) {
            if let found = self.names[Array(text[..<length])] { return found.count == 1 ? found.first : nil }
        }
        return nil
    }

    /// Whether a name may end before this. In “Ada-Marie” and “ada.example” it goes on; in a script without spaces another
    /// word may begin.
    private static func endsWord(_ rest: ArraySlice<UInt8>) -> Bool {
        let scalars = String(decoding: rest.prefix(8), as: UTF8.self).unicodeScalars
        guard let next = scalars.first else { return true }
        func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
            guard scalar.value < 0x2E80 else { return false }
            return scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        if isOfWord(next) { return false }
        guard "-.@:/".unicodeScalars.contains(next), let after = scalars.dropFirst().first else { return true }
        return !isOfWord(after)
    }

    /// Members and owners but for one person, by name.
    package func members(besides identity: String) -> [Name] {
        let own = self.persons[identity]
        let names = self.people.indices.filter { $0 != own }.compactMap { number -> Name? in
            guard let entry = self.entries(of: number).first(where: { $0.role >= .member }) else { return nil }
            let (shown, id) = (self.people[number].shown, Person.id(ofName: entry.identity))
            let isName = self.person(named: shown) == number && shown == VisibleText.strictLine(shown)
            return Name(id: id, shown: VisibleText.strictLine(shown), written: isName ? shown : id)
        }
        return Array(names.sorted { ($0.shown, $0.id) < ($1.shown, $1.id) }.prefix(Self.listLimit))
    }
}

extension AccessControl {
    /// Everybody with access, by what texts call them.
    package func names() async throws -> NameBook {
        let (desk, now) = (self.desk, self.now())
        return try await self.store.read { ledger in
            NameBook(
                try desk.listing(in: ledger, at: now).people, sightings: try ledger.sightings(),
                links: try ledger.linkedIdentities(), role: { self.role(of: $0) })
        }
    }
}
