internal import IRC

extension Configuration {
    /// Who may talk to the bot. An empty list means nobody.
    package struct Access: Sendable, Equatable {
        /// Identities as adapters write them: `irc:local/account:alice`, `telegram:1001`.
        package var owners: [String]
        package var members: [String]
        package var guests: [String]
        /// Whether a code lets unknown people in.
        package var pairing: Bool

        private static let kinds = ["irc", "matrix", "slack", "telegram", "web"]

        init(_ section: Section, adapters: Adapters) {
            func identities(_ key: String) -> [String] {
                section.list(key) { Self.identity($0, adapters: adapters) } ?? []
            }
            self.owners = identities("owners")
            self.members = identities("members")
            self.guests = identities("guests")
            self.pairing = section.read("pairing", default: true) { $0.bool() }
        }

        private static func identity(_ value: Value, adapters: Adapters) -> String? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                return value.error("an identity begins with its network, as in irc:ID/account:NAME or telegram:NUMBER")
            }
            guard self.kinds.contains(String(parts[0])) else {
                value.report(
                    "'\(parts[0])' is no network; there are \(self.kinds.joined(separator: ", "))",
                    nearestTo: String(parts[0]), among: self.kinds)
                return nil
            }
            if parts[0] == "irc" { self.checkIRC(value, parts[1], adapters: adapters) }
            return text
        }

        private static func checkIRC(_ value: Value, _ text: Substring, adapters: Adapters) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ["account:", "mask:"].contains(where: { parts[1].hasPrefix($0) && parts[1] != $0 })
            else {
                return value.report("an IRC identity is irc:ID/account:NAME or irc:ID/mask:NICK!USER@HOST")
            }
            if parts[1].hasPrefix("mask:"), !parts[1].contains("!") || !parts[1].contains("@") {
                return value.report("an IRC mask has the form NICK!USER@HOST, where * stands for anything")
            }
            let known = adapters.irc.map(\.id)
            if !known.contains(String(parts[0])) {
                value.warn("there is no IRC adapter with the id '\(parts[0])', so this matches nobody")
            }
        }
    }
}
