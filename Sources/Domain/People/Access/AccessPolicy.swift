package import Chat

/// Who may talk to the bot: configured lists, grants made by pairing, and what owners have changed with `people`. Pure.
package struct AccessPolicy: Sendable {
    /// An entry of the configuration.
    struct Entry: Sendable {
        let text: String
        let role: Role
        /// Its place: `access.members[0]`.
        let key: String
    }

    /// As configured.
    let entries: [Entry]
    /// With the changes of owners.
    private var effective: [(role: Role, text: String)] {
        didSet { self.matching = EntryIndex(self.effective.map(\.text)) }
    }
    /// Finds those of ``effective`` that match an identity.
    private var matching: EntryIndex
    private var grants: [ExactText: Role] = [:]
    /// By identity; nil for somebody who was removed.
    private var changes: [ExactText: Role?] = [:]
    /// The identities that were removed.
    private var removed: [String] = [] {
        didSet { self.matchingRemoved = EntryIndex(self.removed) }
    }
    private var matchingRemoved = EntryIndex([])
    /// Whether unknown people may present a pairing code.
    package let isPairingAllowed: Bool
    /// Whether owners are asked to let in unknown people who write to the bot directly.
    package let takesRequests: Bool

    package init(
        owners: [String] = [], members: [String] = [], guests: [String] = [], isPairingAllowed: Bool = true,
        takesRequests: Bool = false
    ) {
        let lists: [(Role, String, [String])] = [
            (.owner, "owners", owners), (.member, "members", members), (.guest, "guests", guests),
        ]
        self.entries = lists.flatMap { role, name, texts in
            texts.enumerated().map { Entry(text: $1, role: role, key: "access.\(name)[\($0)]") }
        }
        self.effective = self.entries.map { ($0.role, $0.text) }
        self.matching = EntryIndex(self.entries.map(\.text))
        self.isPairingAllowed = isPairingAllowed
        self.takesRequests = takesRequests
    }

    /// The strongest role of any of `sender`'s identities; nil for a stranger, a bot, the bot itself and whoever was
    /// removed.
    package func role(of sender: Sender) -> Role? {
        guard !sender.isBot, !sender.isSelf, !self.isRemoved(sender) else { return nil }
        var best: Role?
        for identity in sender.identities {
            if identity.isOfMachine { return .owner }
            if let granted = self.grants[ExactText(identity.value)] { best = max(best ?? granted, granted) }
            for index in self.matching.entries(for: identity) {
                best = max(best ?? self.effective[index].role, self.effective[index].role)
            }
        }
        return best
    }

    /// The owners who are listed with an id that has a name in it, which a number is not.
    var listedOwners: [Sender] {
        self.effective.compactMap { role, id in
            let sender = Sender(id: id, identities: [Identity(id)], displayName: "")
            let parts = sender.person.split { $0 == "/" || $0 == ":" || $0 == "@" }
            // `@alice:example.org`, `T1/U1`, `local/account:alice`
            let name = sender.person.first == "@" ? parts.first : parts.last
            guard role == .owner, let name, !name.contains(where: { "*?!".contains($0) }), Int(name) == nil else {
                return nil
            }
            return Sender(id: id, identities: sender.identities, displayName: String(name))
        }
    }

    package mutating func grant(_ role: Role, to identity: String) { self.grants[ExactText(identity)] = role }

    package mutating func revoke(_ identity: String) { self.grants[ExactText(identity)] = nil }

    /// Who has a role by a grant.
    var granted: [String: Role] {
        Dictionary(self.grants.map { ($0.key.text, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    package func isGranted(_ identity: String) -> Bool { self.grants[ExactText(identity)] != nil }

    // MARK: Changes of owners

    /// Gives an identity a role in place of the configured one, or, with nil, shuts it out whatever would admit it.
    mutating func change(_ identity: String, to role: Role?) { self.change([(identity, role)]) }

    mutating func change(_ changes: [(identity: String, role: Role?)]) {
        guard !changes.isEmpty else { return }
        for change in changes { self.changes[Self.key(change.identity)] = .some(change.role) }
        self.applyChanges()
    }

    mutating func undoChange(_ identity: String) {
        guard self.changes.removeValue(forKey: Self.key(identity)) != nil else { return }
        self.applyChanges()
    }

    private mutating func applyChanges() {
        self.effective = self.entries.compactMap { entry in
            guard let changed = self.changes[Self.key(entry.text)] else { return (entry.role, entry.text) }
            return changed.map { ($0, entry.text) }
        }
        self.removed = self.changes.filter { $0.value == nil }.map(\.key.text)
    }

    /// Whether an owner has shut out one of `sender`'s identities.
    package func isRemoved(_ sender: Sender) -> Bool { !self.removals(of: sender).isEmpty }

    /// The identities of `sender` that owners have shut out. A removed host mask admits nobody any more, but shuts out
    /// nobody either: it may be the host of many people.
    func removals(of sender: Sender) -> [String] {
        guard !self.removed.isEmpty else { return [] }
        let found = sender.identities.filter { $0.comparison != .mask }
            .flatMap { self.matchingRemoved.entries(for: $0) }
        return Set(found).sorted().map { self.removed[$0] }
    }

    // MARK: Host masks

    /// The host mask that admits a sender without a lasting identity, or nil if no mask does. The entry with the
    /// strongest role counts.
    ///
    /// An entry that names a nick is one person, whose identity it is. Any other admits several people, so each is the
    /// mask that matched.
    func mask(of sender: Sender) -> HostMask? {
        guard !sender.isLasting, let mask = sender.identities.first(where: { $0.comparison == .mask }) else {
            return nil
        }
        let entries = self.matching.entries(for: mask).map { self.effective[$0] }
        guard let entry = entries.max(by: { $0.role < $1.role })?.text else { return nil }
        let nick = entry.prefix { $0 != "!" }
        let isPerson = !nick.contains("*") && !nick.contains("?")
        let id = Glob.fold(Array((isPerson ? entry : mask.value).utf8))
        return HostMask(id: String(decoding: id, as: UTF8.self), isPerson: isPerson)
    }

    // MARK: Names

    /// An entry or an identity as it is compared with others that no sender vouches for: GitHub's names ignore case.
    /// An identity as it is compared: names at GitHub ignore case.
    package static func folded(_ text: String) -> String { text.hasPrefix("github:") ? text.lowercased() : text }

    static func key(_ text: String) -> ExactText { ExactText(self.folded(text)) }

    /// Whether it is of somebody who signs in with an account elsewhere, in any number of browsers.
    static func isOfAccount(_ identity: String) -> Bool {
        identity.hasPrefix("github:") || identity.hasPrefix("oidc:")
    }

    static func matches(_ entry: String, _ identity: Identity) -> Bool {
        switch identity.comparison {
        case .exact: ExactText(entry) == ExactText(identity.value)
        case .caseInsensitive: Glob.fold(Array(entry.utf8)) == Glob.fold(Array(identity.value.utf8))
        case .mask: Glob.matches(pattern: entry, identity.value)
        }
    }
}
