internal import IRC
internal import Matrix
internal import Slack
internal import Telegram

extension Configuration {
    /// Who may talk to the bot. An empty list means nobody.
    package struct Access: Sendable, Equatable {
        /// Identities in the adapters' form: `irc:local/account:alice`, `telegram:1001`.
        package var owners: [String]
        package var members: [String]
        package var guests: [String]
        /// Whether unknown people can pair with a code.
        package var pairing: Bool

        private static let kinds = ["irc", "matrix", "slack", "telegram", "web", "github", "oidc"]

        init(_ section: Section, adapters: Adapters, signIn: SignIn) {
            func identities(_ key: String) -> [String] {
                section.list(key) { Self.identity($0, adapters: adapters, signIn) } ?? []
            }
            self.owners = identities("owners")
            self.members = identities("members")
            self.guests = identities("guests")
            self.pairing = section.read("pairing", default: true) { $0.bool() }
        }

        private static func identity(_ value: Value, adapters: Adapters, _ signIn: SignIn) -> String? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                return value.error("an identity begins with its network, as in irc:ID/account:NAME or telegram:NUMBER")
            }
            guard self.kinds.contains(String(parts[0])) else {
                value.report(
                    "'\(parts[0])' is not a network; the networks are \(self.kinds.joined(separator: ", "))",
                    nearestTo: String(parts[0]), among: self.kinds)
                return nil
            }
            switch parts[0] {
            case "irc": self.checkIRC(value, parts[1], adapters: adapters)
            case "matrix": self.checkMatrix(value, parts[1], adapters: adapters)
            case "slack": self.checkSlack(value, parts[1], adapters: adapters)
            case "telegram": self.checkTelegram(value, parts[1], adapters: adapters)
            case "github": self.checkGitHub(value, parts[1])
            case "oidc": self.checkOpenID(value, parts[1])
            default: break
            }
            guard let groups = SignIn.groups[String(parts[0])] else { return text }
            if !signIn.has(String(parts[0])) {
                value.warn("gateway.sign_in.\(parts[0]) is not configured, so this matches nobody")
            }
            // Mail addresses are compared in small letters.
            let isMail = parts[0] == "oidc" && text.contains("@") && !groups.contains { parts[1].hasPrefix($0) }
            return isMail ? text.lowercased() : text
        }

        /// An adapter with an error is reported by itself, so that this looks at the file only.
        private static func checkAdapter(_ key: String, named name: String, _ value: Value, adapters: Adapters) {
            guard adapters.declaredIDs[key] == nil else { return }
            value.warn("there is no \(name) adapter, so this matches nobody")
        }

        private static func checkMatrix(_ value: Value, _ text: Substring, adapters: Adapters) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard text.hasPrefix("@"), parts.count == 2, parts[0].count > 1, !parts[1].isEmpty else {
                return value.report("a Matrix identity is matrix:@NAME:SERVER")
            }
            self.checkAdapter("matrix", named: "Matrix", value, adapters: adapters)
        }

        private static func checkSlack(_ value: Value, _ text: Substring, adapters: Adapters) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isGood =
                parts.count == 2
                && parts.allSatisfy { part in
                    !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
                }
            guard isGood else {
                return value.report(
                    "a Slack identity is slack:TEAM/USER with their ids, as in slack:T0123ABCD/U0123ABCD; `whoami` shows it"
                )
            }
            self.checkAdapter("slack", named: "Slack", value, adapters: adapters)
        }

        private static func checkTelegram(_ value: Value, _ text: Substring, adapters: Adapters) {
            guard let number = Int64(text), number > 0, text.allSatisfy(\.isNumber) else {
                return value.report(
                    "a Telegram identity is telegram:NUMBER, because names can change hands; `whoami` shows the number")
            }
            self.checkAdapter("telegram", named: "Telegram", value, adapters: adapters)
        }

        private static func checkGitHub(_ value: Value, _ text: Substring) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isName = parts.allSatisfy { !$0.isEmpty && $0.isPlain(with: "-_.") }
            switch (parts.first, parts.count) {
            case (_, 1) where isName: break
            case ("org", 2) where isName: break
            case ("team", 3) where isName: break
            default:
                value.report(
                    "an identity of GitHub is github:LOGIN, github:org/ORGANISATION or github:team/ORGANISATION/TEAM, where "
                        + "TEAM is the name in the team's address")
            }
        }

        private static func checkOpenID(_ value: Value, _ text: Substring) {
            let name = text.hasPrefix("group/") ? text.dropFirst("group/".count) : text
            guard !name.isEmpty, !name.contains(where: \.isNewline) else {
                return value.report(
                    "an identity of an OpenID Connect provider is oidc:SUBJECT, oidc:MAIL-ADDRESS or oidc:group/NAME")
            }
        }

        private static func checkIRC(_ value: Value, _ text: Substring, adapters: Adapters) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ["account:", "mask:"].contains(where: { parts[1].hasPrefix($0) && parts[1] != $0 })
            else {
                return value.report("an IRC identity is irc:ID/account:NAME or irc:ID/mask:NICK!USER@HOST")
            }
            if parts[1].hasPrefix("mask:"), !parts[1].contains("!") || !parts[1].contains("@") {
                return value.report("an IRC mask has the form NICK!USER@HOST, where * matches anything")
            }
            let known = adapters.declaredIDs["irc"] ?? []
            if !known.contains(String(parts[0])) {
                value.warn("there is no IRC adapter with the id '\(parts[0])', so this matches nobody")
            }
        }
    }
}
