internal import Crypto

/// The secrets of one sign-in: the browser keeps one in a cookie, the provider carries the other one through. The store has
/// only their hashes, and what else is needed follows from both.
package struct SignInAttempt: Sendable, Equatable {
    /// In the browser's cookie.
    let browser: String
    /// In the addresses, to the provider and back.
    package let state: String

    private static let length = 32
}

extension SignInAttempt {
    /// A new one.
    ///
    /// - Parameter browser: the secret that the browser keeps, if it can be one.
    init(keeping browser: String? = nil) {
        self.init(
            browser: browser.flatMap { Self.isSecret($0) ? $0 : nil }
                ?? Crypto.base64URL(Crypto.randomBytes(Self.length)),
            state: Crypto.base64URL(Crypto.randomBytes(Self.length)))
    }

    /// The code verifier of PKCE (RFC 7636).
    package var verifier: String { self.derived("verifier") }

    /// Its challenge by the method `S256`.
    package var challenge: String { Crypto.base64URL(Crypto.sha256(self.verifier)) }

    /// What an id token has to repeat (OpenID Connect Core §3.1.2.1).
    package var nonce: String { self.derived("nonce") }

    private func derived(_ use: String) -> String {
        Crypto.base64URL(Crypto.hmacSHA256(Array("\(use) \(self.state)".utf8), key: Array(self.browser.utf8)))
    }

    static func hash(_ secret: String) -> String { Crypto.hex(Crypto.sha256(secret)) }

    /// Whether a text can be one of these secrets, before anything is done with it.
    static func isSecret(_ text: String) -> Bool {
        text.utf8.count == 43 && Crypto.decodeBase64URL(text)?.count == Self.length
    }
}
