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
        /// Whether owners are asked to let in unknown people who write to the bot directly.
        package var requests: Bool

        private static let kinds = ["irc", "matrix", "slack", "telegram", "web", "github", "oidc"]

        init(_ section: Section, adapters: Adapters, signIn: SignIn) {
            func identities(_ key: String) -> [String] {
                section.list(key) { Self.identity($0, adapters: adapters, signIn) } ?? []
            }
            self.owners = identities("owners")
            self.members = identities("members")
            self.guests = identities("guests")
            self.pairing = section.read("pairing", default: true) { $0.bool() }
            self.requests = section.read("requests", default: true) { $0.bool() }
        }

        private static func identity(_ value: Value, adapters: Adapters, _ signIn: SignIn) -> String? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                return value.error("an identity begins with its network, as in irc:ID/account:NAME or telegram:NUMBER")
            }
            let (network, account) = (String(parts[0]), parts[1])
            guard self.kinds.contains(network) else {
                return value.error(
                    "'\(network)' is not a network; the networks are \(self.kinds.joined(separator: ", "))",
                    nearestTo: network, among: self.kinds)
            }
            let problem: String? =
                switch network {
                case "irc": self.problemOfIRC(account)
                case "matrix": self.problemOfMatrix(account)
                case "slack": self.problemOfSlack(account)
                case "telegram": self.problemOfTelegram(account)
                case "github": self.problemOfGitHub(account)
                case "oidc": self.problemOfOpenID(account)
                default: nil
                }
            if let problem { value.report(problem) } else { self.checkAdapter(network, account, value, adapters) }
            guard let groups = SignIn.groups[network] else { return text }
            if !signIn.has(network) {
                value.warn("gateway.sign_in.\(network) is not configured, so this matches nobody")
            }
            // Mail addresses are compared in small letters.
            let isMail = network == "oidc" && text.contains("@") && !groups.contains { account.hasPrefix($0) }
            return isMail ? text.lowercased() : text
        }

        private static let adapterNames = ["matrix": "Matrix", "slack": "Slack", "telegram": "Telegram"]

        /// An adapter with an error is reported by itself, so that this looks at the file only.
        private static func checkAdapter(
            _ network: String, _ account: Substring, _ value: Value, _ adapters: Adapters
        ) {
            let known = adapters.declaredIDs[network]
            if let name = Self.adapterNames[network], known == nil {
                value.warn("there is no \(name) adapter, so this matches nobody")
            }
            let id = String(account.prefix { $0 != "/" })
            if network == "irc", known?.contains(id) != true {
                value.warn("there is no IRC adapter with the id '\(id)', so this matches nobody")
            }
        }

        private static func problemOfMatrix(_ text: Substring) -> String? {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isGood = text.hasPrefix("@") && parts.count == 2 && parts[0].count > 1 && !parts[1].isEmpty
            return isGood ? nil : "a Matrix identity is matrix:@NAME:SERVER"
        }

        private static func problemOfSlack(_ text: Substring) -> String? {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isGood =
                parts.count == 2
                && parts.allSatisfy { part in
                    !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
                }
            return isGood
                ? nil
                : "a Slack identity is slack:TEAM/USER with their ids, as in slack:T0123ABCD/U0123ABCD; `whoami` shows it"
        }

        private static func problemOfTelegram(_ text: Substring) -> String? {
            if let number = Int64(text), number > 0, text.allSatisfy(\.isNumber) { return nil }
            return "a Telegram identity is telegram:NUMBER, because names can change hands; `whoami` shows the number"
        }

        private static func problemOfGitHub(_ text: Substring) -> String? {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isName = parts.allSatisfy { !$0.isEmpty && $0.isPlain(with: "-_.") }
            switch (parts.first, parts.count) {
            case (_, 1) where isName, ("org", 2) where isName, ("team", 3) where isName: return nil
            default:
                return
                    "an identity of GitHub is github:LOGIN, github:org/ORGANISATION or github:team/ORGANISATION/TEAM, "
                    + "where TEAM is the name in the team's address"
            }
        }

        private static func problemOfOpenID(_ text: Substring) -> String? {
            let name = text.hasPrefix("group/") ? text.dropFirst("group/".count) : text
            let isGood = !name.isEmpty && !name.contains(where: \.isNewline)
            return isGood
                ? nil
                : "an identity of an OpenID Connect provider is oidc:SUBJECT, oidc:MAIL-ADDRESS or oidc:group/NAME"
        }

        private static func problemOfIRC(_ text: Substring) -> String? {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ["account:", "mask:"].contains(where: { parts[1].hasPrefix($0) && parts[1] != $0 })
            else { return "an IRC identity is irc:ID/account:NAME or irc:ID/mask:NICK!USER@HOST" }
            return parts[1].hasPrefix("mask:") && !(parts[1].contains("!") && parts[1].contains("@"))
                ? "an IRC mask has the form NICK!USER@HOST, where * matches anything" : nil
        }
    }
}
