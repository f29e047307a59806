package import Chat

/// What people read about their identities.
package enum LinkTexts {
    package static func made(_ code: String) -> String {
        "`\(code)` links another identity of yours with this one. Within ten minutes, write "
            + "`link \(code)` there: to me directly, or in the web chat. Give it to nobody else: whoever "
            + "uses it sees your conversations, and you see theirs."
    }

    package static func linked(_ link: IdentityLink, sign: CommandSign) -> String {
        "\(Self.list(link.identities)) are one person now. The page shows the conversations of all of them, and they share "
            + "budget, quota, settings and pins, and commit as one author; each keeps its role. "
            + "\(sign.command("unlink")) separates this one again."
    }

    /// For the side that made the code; names commands without a sign.
    package static func told(_ link: IdentityLink) -> String {
        "\(PeopleDesk.code(link.sender.id)) has used your code: \(Self.list(link.identities)) are one person now. If that "
            + "was not you, write `unlink`."
    }

    package static func merged(_ link: IdentityLink) -> String {
        "\(PeopleDesk.code(link.sender.displayName)) now has what \(PeopleDesk.code(link.name)) had: "
            + "\(Self.list(link.identities)) are one person."
    }

    package static func unlinked(_ others: [String]) -> String {
        others.isEmpty
            ? "This identity is not linked with another one." : "It is no longer linked with \(Self.list(others))."
    }

    package static let notWhileShared =
        "Others can read this conversation, and the code with it. Write `link` to me directly, or in a conversation that "
        + "you do not share."
    package static let wrongCode = "That code does not work: it is mistyped, used or older than ten minutes."
    package static let paused = "There were too many wrong codes. Wait ten minutes, then try again."

    private static func list(_ identities: [String]) -> String {
        identities.map(PeopleDesk.code).joined(separator: ", ")
    }
}
