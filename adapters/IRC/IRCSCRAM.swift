internal import Crypto
package import Primitives

/// The client's side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). Pure.
package struct IRCSCRAM: Sendable {
    /// Why the exchange ends without a login.
    package struct Failure: Error, Equatable {
        /// One line for the owner.
        package let reason: String
    }

    /// RFC 7677 §4: fewer make a stolen proof too easy to search.
    private static let fewestIterations = 4_096
    /// About a second of work; more would let a server keep the host busy.
    private static let mostIterations = 2_000_000
    /// `n,,` in base64: the client supports no channel binding, and acts as nobody else.
    private static let channelBinding = "biws"

    private enum Step: Sendable {
        /// Waits for salt and iterations.
        case challenge
        /// Waits for the key; `challenge` is the server's first message.
        case key(challenge: String, nonce: String)
        /// Waits for the server's signature.
        case signature([UInt8])
        case verified
    }

    private let password: Secret
    private let nonce: String
    private let bareMessage: String
    private var step = Step.challenge

    /// - Parameter nonce: Random printable ASCII without commas.
    package init(account: String, password: Secret, nonce: String) throws(Failure) {
        guard let name = saslPrepared(account), let prepared = saslPrepared(password.reveal()) else {
            throw Failure(
                reason: "the account or the password contains a character that SCRAM prohibits (RFC 4013); "
                    + "change it, or set mechanism: PLAIN")
        }
        self.password = Secret(prepared)
        self.nonce = nonce
        let escaped = name.replacing("=", with: "=3D").replacing(",", with: "=2C")
        self.bareMessage = "n=\(escaped),r=\(nonce)"
    }

    /// The client's first message.
    package var opening: String { "n,,\(self.bareMessage)" }

    /// Whether the server has proved that it knows the password.
    package var isVerified: Bool { if case .verified = self.step { true } else { false } }

    // MARK: The server's messages

    /// The key derivation that the server's message requires; nil after its last message, once that is verified.
    package mutating func receive(_ message: [UInt8]) throws(Failure) -> IRCKeyRequest? {
        guard let text = String(validating: message, as: UTF8.self) else { throw Self.malformed }
        switch self.step {
        case .challenge: return try self.receiveChallenge(text)
        case .signature(let expected):
            try Self.verify(text, expected)
            self.step = .verified
            return nil
        case .key, .verified: throw Self.malformed
        }
    }

    /// `r=NONCE,s=SALT,i=COUNT`, and extensions, which are ignored.
    private mutating func receiveChallenge(_ text: String) throws(Failure) -> IRCKeyRequest {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count >= 3, let nonce = Self.value("r", parts[0]), let encoded = Self.value("s", parts[1]),
            let salt = decodeBase64(encoded), !salt.isEmpty,
            let iterations = Self.value("i", parts[2]).flatMap({ Int($0) })
        else { throw Self.malformed }
        guard nonce.hasPrefix(self.nonce), nonce.utf8.count > self.nonce.utf8.count else {
            throw Failure(reason: "the server answered another login than ours")
        }
        guard (Self.fewestIterations...Self.mostIterations).contains(iterations) else {
            throw Failure(
                reason: "the server asks for \(iterations) iterations; "
                    + "\(Self.fewestIterations) to \(Self.mostIterations) are accepted")
        }
        self.step = .key(challenge: text, nonce: nonce)
        return IRCKeyRequest(password: self.password, salt: salt, iterations: iterations)
    }

    /// The client's final message, with the proof; nil if it is not due.
    package mutating func prove(with key: [UInt8]) -> String? {
        guard case .key(let challenge, let nonce) = self.step else { return nil }
        let final = "c=\(Self.channelBinding),r=\(nonce)"
        let exchange = Array("\(self.bareMessage),\(challenge),\(final)".utf8)
        let clientKey = hmacSHA256(Array("Client Key".utf8), key: key)
        let signature = hmacSHA256(exchange, key: sha256(clientKey))
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        self.step = .signature(hmacSHA256(exchange, key: hmacSHA256(Array("Server Key".utf8), key: key)))
        return "\(final),p=\(base64(proof))"
    }

    /// `v=SIGNATURE`, or `e=ERROR`.
    private static func verify(_ text: String, _ expected: [UInt8]) throws(Failure) {
        let part = text.prefix { $0 != "," }
        if let error = Self.value("e", part) {
            throw Failure(reason: "the server says \(error.prefix(100)); check account and password")
        }
        guard let signature = Self.value("v", part).flatMap({ decodeBase64($0) }),
            constantTimeEqual(signature, expected)
        else {
            throw Failure(
                reason: "the server does not know the password, so it may not be the server that it claims to be; "
                    + "the password was not sent")
        }
    }

    private static func value(_ name: Character, _ part: Substring) -> String? {
        part.first == name && part.dropFirst().first == "=" ? String(part.dropFirst(2)) : nil
    }

    private static let malformed = Failure(reason: "the server's message is malformed")
}

/// The derivation of SCRAM's salted password (RFC 5802 §3).
package struct IRCKeyRequest: Sendable {
    /// Prepared by SASLprep.
    package let password: Secret
    package let salt: [UInt8]
    package let iterations: Int

    /// Blocks; how long depends on the server's number of iterations.
    package func key() -> [UInt8] {
        pbkdf2SHA256(Array(self.password.reveal().utf8), salt: self.salt, iterations: self.iterations)
    }
}

/// The thread on which ``IRCKeyRequest/key()`` may block.
actor IRCKeyThread {
    private let executor = ThreadExecutor(name: "irc login")

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    func derive(_ request: IRCKeyRequest) -> [UInt8] { request.key() }

    nonisolated func stop() { self.executor.stop() }
}
