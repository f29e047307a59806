package import Chat
internal import Primitives

/// What people read about their own accounts at GitHub.
package enum SignInTexts {
    package static let unavailable =
        "Nobody can sign in to GitHub here: this host has no repository on GitHub. An owner can change the configuration."

    package static func onlyDirect(_ name: CommandName, sign: CommandSign) -> String {
        "Write \(sign.command(name.rawValue)) to me in a direct message."
    }

    package static func needsAccount(sign: CommandSign) -> String {
        "Your nick may be somebody else's tomorrow, and your sign-in would be theirs. Register it with this network's "
            + "services, log in to that account (SASL), and write \(sign.command("login")) again."
    }

    package static func pastedToken(page: String?, sign: CommandSign) -> String {
        "Tokens do not belong into a chat, so I have not read or stored it, but this network has. Revoke it"
            + "\(page.map { " at \($0)" } ?? "") now, and write only \(sign.command("login")): I will send you a code instead."
    }

    package static func invitation(code: String, address: String, lifetime: Duration) -> String {
        let minutes = max(1, Int((lifetime / .seconds(60)).rounded(.down)))
        return "Open \(address) and enter the code `\(code)`. It is valid for "
            + "\(minutes.counted("minute")); I will report here when GitHub has accepted it."
    }

    package static let signedOut =
        "Signed out: I have deleted your GitHub sign-in. To revoke it at GitHub as well, remove the app there under "
        + "Settings → Applications."
    package static let notSignedIn = "You are not signed in to GitHub."

    package static func cannotSignOut(_ error: any Error) -> String {
        "The sign-in cannot be deleted: \(error). Try again, or ask an owner to check the data directory."
    }

    package static func account(_ summary: String?) -> String { "GitHub: \(summary ?? "not signed in")" }
}
