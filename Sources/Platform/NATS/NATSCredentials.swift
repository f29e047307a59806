internal import Crypto
internal import JSON
internal import Primitives

/// What proves to a NATS server who connects: a token, `USER:PASSWORD`, an nkey's seed (`SU…`), or the contents of a
/// `.creds` file, which has a seed and the JWT that an operator signed.
struct NATSCredentials: Sendable {
    private enum Kind {
        case token(String)
        case user(String, password: String)
        case key(NATSKey, jwt: String?)
    }

    private let kind: Kind

    init(_ secret: Secret) throws(NATSError) {
        let text = secret.reveal().trimmingWhitespace()
        if let seed = Self.block("USER NKEY SEED", in: text), let jwt = Self.block("NATS USER JWT", in: text) {
            self.kind = .key(try NATSKey(seed: seed), jwt: jwt)
        } else if text.hasPrefix("SU"), text.utf8.count == NATSKey.seedLength {
            self.kind = .key(try NATSKey(seed: text), jwt: nil)
        } else if let colon = text.firstIndex(of: ":") {
            self.kind = .user(String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        } else {
            self.kind = .token(text)
        }
    }

    /// What is added to CONNECT.
    func members(nonce: String?) throws(NATSError) -> JSONObject {
        switch self.kind {
        case .token(let token): return ["auth_token": .string(token)]
        case .user(let name, let password): return ["user": .string(name), "pass": .string(password)]
        case .key(let key, let jwt):
            guard let nonce else { throw NATSError(.unauthorized, "the NATS server takes no nkeys and JWTs") }
            let signature = JSON.string(base64URL(try key.signature(of: Array(nonce.utf8))))
            guard let jwt else { return ["nkey": .string(try key.publicKey()), "sig": signature] }
            return ["jwt": .string(jwt), "sig": signature]
        }
    }

    /// The line after `-----BEGIN NAME-----`.
    private static func block(_ name: String, in text: String) -> String? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingWhitespace() }
        guard let begin = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN \(name)-----") }),
            lines.indices.contains(begin + 1)
        else { return nil }
        return lines[begin + 1]
    }
}

extension StringProtocol {
    fileprivate func trimmingWhitespace() -> String {
        String(self.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
