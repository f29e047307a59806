internal import Copilot
internal import JSON
internal import Primitives

/// A person's sign-in to GitHub, as stored.
struct PersonAccount: Sendable, Equatable {
    /// The id of the sender.
    let person: String
    /// The account's name, if GitHub has told it.
    var login: String?
    var token: Secret
    /// Only for tokens that expire.
    var renewal: StoredLogin.Renewal?
    /// Where the person asked for it: the place for lines about it.
    let session: String
    /// The sign-in that it came from.
    let signIn: String
}

extension PersonAccount {
    init?(bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let person = json["person"]?.stringValue,
            let token = json["token"]?.stringValue
        else { return nil }
        self.init(
            person: person, login: json["login"]?.stringValue, token: Secret(token), renewal: StoredLogin.Renewal(json),
            session: json["session"]?.stringValue ?? "", signIn: json["sign_in"]?.stringValue ?? "")
    }

    var bytes: [UInt8] {
        var object: JSONObject = [
            "person": .string(self.person), "token": .string(self.token.reveal()), "session": .string(self.session),
            "sign_in": .string(self.signIn),
        ]
        if let login = self.login { object["login"] = .string(login) }
        self.renewal?.write(to: &object)
        return JSON.object(object).bytes
    }

    /// `gho_…xyz`.
    var maskedToken: String { (try? GitHubToken(self.token.reveal()))?.masked ?? "…" }
}
