package import Chat

/// Who may talk to the bot: configured lists and grants made by pairing. Pure.
package struct AccessPolicy: Sendable {
    /// Configured entries by role.
    private let entries: [(role: Role, text: String)]
    private var grants: [ExactText: Role] = [:]
    /// Whether unknown people may present a pairing code.
    package let isPairingAllowed: Bool

    package init(owners: [String] = [], members: [String] = [], guests: [String] = [], isPairingAllowed: Bool = true) {
        self.entries =
            owners.map { (.owner, $0) } + members.map { (.member, $0) } + guests.map { (.guest, $0) }
        self.isPairingAllowed = isPairingAllowed
    }

    /// The strongest role of any of `sender`'s identities; nil for a stranger, a bot or the bot itself.
    package func role(of sender: Sender) -> Role? {
        guard !sender.isBot, !sender.isSelf else { return nil }
        var best: Role?
        for identity in sender.identities {
            if identity.isOfMachine { return .owner }
            if let granted = self.grants[ExactText(identity.value)] { best = max(best ?? granted, granted) }
            for entry in self.entries where Self.matches(entry.text, identity) {
                best = max(best ?? entry.role, entry.role)
            }
        }
        return best
    }

    package mutating func grant(_ role: Role, to identity: String) { self.grants[ExactText(identity)] = role }

    package mutating func revoke(_ identity: String) { self.grants[ExactText(identity)] = nil }

    package func isGranted(_ identity: String) -> Bool { self.grants[ExactText(identity)] != nil }

    /// The host mask that admits a sender without a lasting identity, or nil if no mask does. The entry with the
    /// strongest role counts.
    ///
    /// An entry that names a nick is one person, whose identity it is. Any other admits several people, so each is the
    /// mask that matched.
    func mask(of sender: Sender) -> HostMask? {
        guard !sender.isLasting, let mask = sender.identities.first(where: { $0.comparison == .mask }) else {
            return nil
        }
        let entries = self.entries.filter { Self.matches($0.text, mask) }
        guard let entry = entries.max(by: { $0.role < $1.role })?.text else { return nil }
        let nick = entry.prefix { $0 != "!" }
        let isPerson = !nick.contains("*") && !nick.contains("?")
        let id = Glob.fold(Array((isPerson ? entry : mask.value).utf8))
        return HostMask(id: String(decoding: id, as: UTF8.self), isPerson: isPerson)
    }

    static func matches(_ entry: String, _ identity: Identity) -> Bool {
        switch identity.comparison {
        case .exact: ExactText(entry) == ExactText(identity.value)
        case .caseInsensitive: Glob.fold(Array(entry.utf8)) == Glob.fold(Array(identity.value.utf8))
        case .mask: Glob.matches(pattern: entry, identity.value)
        }
    }
}
