package import Chat
internal import Primitives

/// What owners read about who has access.
package enum PeopleTexts {
    package static func usage(_ sign: CommandSign) -> String {
        "Type \(sign.command("people")), \(sign.command("people set WHO owner|member|guest")), "
            + "\(sign.command("people remove WHO")) or \(sign.command("people merge OLD NEW"))."
    }

    /// One line for each, owners first.
    package static func list(_ listing: PeopleDesk.Listing, at now: Int64, sign: CommandSign) -> String {
        let people = Role.allCases.reversed().flatMap { role in listing.people.filter { $0.role == role } }
        let lines = people.map { "- \(Self.line($0, at: now))" }
        let removed = listing.removed.prefix(20).map(Self.code).joined(separator: ", ")
        let out = removed.isEmpty ? [] : ["", "Removed, whatever the configuration says: \(removed)."]
        let invites = listing.invites.prefix(20).map(Self.line).joined(separator: "; ")
        let open = invites.isEmpty ? [] : ["", "Open invites: \(invites)."]
        return (lines + open + out + ["", Self.usage(sign)]).joined(separator: "\n")
    }

    /// One line for an open code.
    package static func line(_ invite: AccessCode) -> String {
        let who = invite.name.map(Self.code) ?? "somebody"
        let by = invite.by.map { ", by \(Self.code($0))" } ?? ""
        return "\(who) as \(invite.role.rawValue), until "
            + CivilTime(milliseconds: invite.expiresAt).rfc3339Seconds + by
    }

    private static func line(_ person: Person, at now: Int64) -> String {
        let seen = person.lastSeen.map { "seen \(Self.ago($0, now))" } ?? "not seen yet"
        return "`\(person.id)` \(Self.code(person.shownName)), \(person.role.rawValue), \(Self.code(person.identity)), "
            + "\(Self.way(of: person)), \(seen)"
            + (person.linked.isEmpty ? "" : ", also " + person.linked.map(Self.code).joined(separator: ", "))
    }

    /// How somebody got access, as plain text.
    package static func way(of person: Person) -> String {
        switch person.way {
        case .list:
            let listed = person.listedRole.map { " (there \($0.rawValue))" } ?? ""
            return "listed in \(person.key ?? "access")\(listed)"
        case .code: return person.isLasting ? "paired with a code" : "paired until they disconnect"
        case .signIn:
            let provider = ["github": "GitHub", "oidc": "single sign-on"][person.network]
            let count = person.browsers.count
            guard let provider else { return "signed in, in \(count > 1 ? "\(count) browsers" : "a browser")" }
            let listed = person.key.map { ", listed in \($0)" } ?? ""
            return "signed in with \(provider)\(listed)" + (person.listedRole.map { " (there \($0.rawValue))" } ?? "")
        case .token: return "token for \(person.scopes.joined(separator: ", "))"
        }
    }

    package static func changed(_ change: AccessChange) -> String {
        let name = Self.code(change.person.shownName)
        guard let role = change.role else { return "\(name) is removed\(Self.afterRemoval(of: change.person))" }
        let article = role == .owner ? "an" : "a"
        guard change.isLowered else { return "\(name) is now \(article) \(role.rawValue)." }
        return "\(name) is now \(article) \(role.rawValue); what they had running is stopped."
    }

    package static let notWrittenHere =
        "Others could read the code here: *Add a device* in the page's menu makes one, and so does `jetbridge pair --for` "
        + "at the host."

    /// - Parameter url: The page's.
    package static func added(_ made: MadeCode, at url: String) -> String {
        let entry = made.entry
        let name = Self.code(entry.name ?? entry.identity ?? "")
        return "`\(made.code)` signs another browser in as \(name), \(entry.role.rawValue). It works once, until "
            + "\(CivilTime(milliseconds: entry.expiresAt).rfc3339Seconds). Enter it at \(url), or open "
            + "\(made.url(at: url)) there."
    }

    private static func afterRemoval(of person: Person) -> String {
        switch person.way {
        case .token: return ": the token works no more."
        case .signIn where person.network != "web":
            return ": they are signed out everywhere, and what they had running is stopped. They cannot sign in again; "
                + "`people set \(person.id) ROLE` lets them."
        case .signIn: return ": they are signed out in every browser, and what they had running is stopped."
        case .code: return ", and what they had running is stopped. A new code lets them in again."
        case .list:
            let key = person.key ?? "access"
            return ", and what they had running is stopped. This overrides `\(key)` of the configuration: delete it "
                + "there as well. `people set \(person.id) ROLE` lets them in again."
        }
    }

    private static func ago(_ time: Int64, _ now: Int64) -> String {
        let minutes = max(0, now - time) / 60_000
        switch minutes {
        case 0...1: return "just now"
        case 2..<120: return "\(minutes) minutes ago"
        case 120..<2_880: return "\(minutes / 60) hours ago"
        default: return "\(minutes / 1_440) days ago"
        }
    }

    private static func code(_ text: String) -> String { PeopleDesk.code(text) }
}
