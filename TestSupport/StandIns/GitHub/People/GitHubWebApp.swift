internal import Crypto
internal import HTTP
internal import HTTPServer
internal import JSON

/// An OAuth app with which people sign in on a page: GitHub's web flow, with its rules.
package struct GitHubWebApp: Sendable {
    /// The person in front of the browser.
    package enum Visitor: Sendable, Hashable {
        /// They see the page, and click.
        case asked(String)
        /// The app was authorised before, so GitHub leads back at once.
        case known(String)
        case cancelling
    }

    /// What the app gets for a person.
    struct Code: Sendable {
        var clientID: String
        var login: String
        var redirect: String
        var scope: String
        var challenge: String
        var end: Double
    }

    static let page = "/login/oauth/authorize"
    /// In seconds.
    static let codeLife = 600.0

    var secret: String
    /// As registered.
    var callback: String

    /// The host and port have to be the registered ones, except that programs on this machine may choose the port; the path
    /// may go deeper.
    func accepts(_ redirect: String) -> Bool {
        guard let url = try? HTTPURL(redirect), let own = try? HTTPURL(self.callback) else { return false }
        let isSamePort = url.port == own.port || own.isLoopback
        return url.scheme == own.scheme && url.host == own.host && isSamePort
            && (url.path == own.path || url.path.hasPrefix(own.path + "/"))
    }
}

extension GitHubState {
    /// The page on which people agree. A click leads to it again, with the decision.
    mutating func authorizePage(_ query: HTTPQuery, now: Double) -> HTTPServerResponse {
        guard let clientID = query["client_id"], let app = self.webApps[clientID] else {
            return .html("<h1>404</h1>", .notFound)
        }
        let redirect = query["redirect_uri"] ?? app.callback
        guard app.accepts(redirect) else {
            return self.back(to: app.callback, ["error": "redirect_uri_mismatch"], query)
        }
        guard let challenge = query["code_challenge"], challenge.utf8.count == 43,
            query["code_challenge_method"] == "S256"
        else { return self.back(to: redirect, ["error": "invalid_request"], query) }
        let login: String
        switch (self.visitor, query["decision"]) {
        case (.known(let name), _), (.asked(let name), "authorize"?): login = name
        case (.cancelling, _), (_, "cancel"?):
            return self.back(
                to: redirect,
                ["error": "access_denied", "error_description": "The user has denied your application access."], query)
        case (.asked(let name), _): return Self.question(name, query)
        }
        let code = hex(randomBytes(10))
        self.codes[code] = GitHubWebApp.Code(
            clientID: clientID, login: login, redirect: redirect, scope: query["scope"] ?? "", challenge: challenge,
            end: now + GitHubWebApp.codeLife)
        return self.back(to: redirect, ["code": code], query)
    }

    private func back(to redirect: String, _ answer: HTTPQuery, _ query: HTTPQuery) -> HTTPServerResponse {
        var answer = answer
        if let state = query["state"] { answer.append("state", state) }
        return HTTPServerResponse(.found, headers: ["Location": "\(redirect)?\(answer.encoded)"])
    }

    private static func question(_ login: String, _ query: HTTPQuery) -> HTTPServerResponse {
        func link(_ decision: String) -> String {
            var query = query
            query.append("decision", decision)
            return "\(GitHubWebApp.page)?\(query.encoded)".replacing("&", with: "&amp;")
        }
        return .html(
            """
            <!doctype html><meta name="viewport" content="width=device-width"><title>Authorize Jetbridge</title>
            <p>\(login)</p><a href="\(link("authorize"))">Authorize</a> <a href="\(link("cancel"))">Cancel</a>
            """)
    }

    /// The second step. Errors have status 200.
    mutating func redeem(_ form: HTTPQuery, now: Double) -> GitHubReply {
        guard let clientID = form["client_id"], let app = self.webApps[clientID], form["client_secret"] == app.secret
        else {
            return Self.refusal(
                "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
        }
        let wrong = Self.refusal("bad_verification_code", "The code passed is incorrect or expired.")
        // A code works once, whatever comes of it.
        guard let text = form["code"], let code = self.codes.removeValue(forKey: text), code.clientID == clientID,
            now < code.end
        else { return wrong }
        guard form["redirect_uri"] == code.redirect else {
            return Self.refusal(
                "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."
            )
        }
        guard let verifier = form["code_verifier"], (43...128).contains(verifier.utf8.count),
            base64URL(sha256(verifier)) == code.challenge
        else { return wrong }
        let token = self.newSignIn(code.login)
        self.accounts[token]?.scope = code.scope
        return self.grant(token)
    }
}
