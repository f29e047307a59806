internal import Models

/// What people read in the thread where they signed in. Commands are named without a sign.
enum PersonTexts {
    static func signedIn(as login: String?) -> String {
        "Signed in to GitHub\(login.map { " as `\($0)`" } ?? ""); your commits and pull requests are made with your own "
            + "account from now on."
    }

    static let forgotten =
        "The host was restarted before GitHub had accepted your code, so it no longer works here. `login` gives you "
        + "another."
    static let noLongerAccepted =
        "Your sign-in at GitHub is no longer valid. Write `login` to sign in again, or `logout` to work with the host's "
        + "account."
    static let pageSignInEnded =
        "Your sign-in with GitHub is no longer valid. Sign out of this page, and sign in with GitHub again."
    static let signedInOnPage =
        "You signed in to this page with GitHub, so your commits and pull requests are made with that account already. If "
        + "that does not work any more, sign out of the page and in again."
    static let notAccepted = "GitHub gave a token and then refused it. `login` tries again."
    static let notStored =
        "The sign-in cannot be stored, so you are not signed in. Ask an owner to check the data directory, then `login` "
        + "again."
    static let noApp =
        "Nobody can sign in to GitHub here yet: an owner has to register an app at GitHub and set `github.client_id` in "
        + "the configuration."
    static let unsafe =
        "Nobody can sign in here: `github.web_url` and `github.api_url` must begin with https://."

    static func failed(_ error: any Error) -> String {
        guard let error = error as? ModelError else { return "The sign-in failed: \(error). `login` tries again." }
        return switch error.code {
        case .timedOut: "The code expired before it was entered at GitHub. `login` gives you another."
        case .unauthorized: "The sign-in was denied at GitHub. `login` asks again."
        case .unreachable: "GitHub cannot be reached, so there is no code. Try `login` again later."
        default:
            "The sign-in failed: "
                + error.message.replacing("'jetbridge login'", with: "`login`")
                .replacing("run `login`", with: "write `login`")
                .replacing("copilot.client_id", with: "github.client_id")
                .replacing("copilot.github_url", with: "github.web_url")
        }
    }
}
