internal import Crypto
package import JSON

/// An id token (OpenID Connect Core §2): a JSON Web Token in its compact form (RFC 7515 §7.1).
package struct IDToken: Sendable {
    /// Why a token is not accepted, as a clause that quotes nothing of it.
    package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }

        static let wrongSignature = Refusal("its signature is wrong")
    }

    /// What a token has to be for.
    package struct Expectation: Sendable {
        package var issuer: String
        package var clientID: String
        package var nonce: String
        /// Seconds since 1970.
        package var now: Int64
    }

    /// `RS256` or `ES256`.
    let algorithm: String
    /// Which of the issuer's keys; nil where it has only one.
    package let keyID: String?
    let claims: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// The clocks of two machines may differ by so many seconds.
    private static let leeway: Int64 = 60
    private static let limit = 64 << 10

    /// Reads a token, and trusts nothing of it yet.
    package init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.limit else { throw Refusal("it is too long") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Refusal("it does not have three parts") }
        guard let head = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = decodeBase64URL(parts[2])
        else { throw Refusal("a part of it cannot be decoded") }
        // `none` and the algorithms with a shared secret are not among them.
        guard let algorithm = head["alg"]?.stringValue, ["RS256", "ES256"].contains(algorithm) else {
            throw Refusal("it is not signed with RS256 or ES256")
        }
        guard head["crit"] == nil else { throw Refusal("it needs an extension") }
        self.algorithm = algorithm
        self.keyID = head["kid"]?.stringValue
        self.claims = claims
        self.signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
    }

    private static func object(_ part: Substring) -> JSONObject? {
        decodeBase64URL(part).flatMap { try? JSON.parse($0, depthLimit: 16) }?.objectValue
    }

    /// The claims, if one of the issuer's keys has signed them and they are for this sign-in (Core §3.1.3.7).
    package func claims(signedBy keys: [IssuerKey], for expected: Expectation) throws(Refusal) -> JSONObject {
        let usable = keys.filter { $0.serves(self) }
        guard !usable.isEmpty else { throw Refusal("none of the issuer's keys is the one that it names") }
        guard usable.contains(where: { $0.key.accepts(self.signature, of: self.signed) }) else {
            throw .wrongSignature
        }
        guard self.claims["iss"]?.stringValue == expected.issuer else { throw Refusal("it is of another issuer") }
        let audience =
            self.claims["aud"]?.stringValue.map { [$0] } ?? self.claims["aud"]?.arrayValue?.compactMap(\.stringValue)
            ?? []
        let party = self.claims["azp"]?.stringValue
        guard audience.contains(expected.clientID), party.map({ $0 == expected.clientID }) ?? (audience.count == 1)
        else {
            throw Refusal("it is for another client")
        }
        guard let end = self.claims["exp"]?.doubleValue, end > Double(expected.now - Self.leeway) else {
            throw Refusal("it has expired")
        }
        guard let issued = self.claims["iat"]?.doubleValue, issued < Double(expected.now + Self.leeway) else {
            throw Refusal("it is of the future; check this machine's clock")
        }
        if let start = self.claims["nbf"]?.doubleValue, start >= Double(expected.now + Self.leeway) {
            throw Refusal("it is not valid yet; check this machine's clock")
        }
        guard let nonce = self.claims["nonce"]?.stringValue, constantTimeEqual(nonce, expected.nonce) else {
            throw Refusal("it is for another sign-in")
        }
        return self.claims
    }
}

/// A key with which an issuer signs (RFC 7517).
package struct IssuerKey: Sendable {
    let id: String?
    let algorithm: String
    let key: PublicKey

    /// Nil for a key of another kind or use.
    package init?(_ json: JSON) {
        func bytes(_ name: String) -> [UInt8]? { json[name]?.stringValue.flatMap { decodeBase64URL($0) } }
        guard json["use"]?.stringValue.map({ $0 == "sig" }) ?? true else { return nil }
        switch (json["kty"]?.stringValue, json["crv"]?.stringValue) {
        case ("RSA", nil):
            guard let modulus = bytes("n"), let exponent = bytes("e") else { return nil }
            (self.algorithm, self.key) = ("RS256", .rsa(modulus: modulus, exponent: exponent))
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y") else { return nil }
            (self.algorithm, self.key) = ("ES256", .p256(x: x, y: y))
        default: return nil
        }
        self.id = json["kid"]?.stringValue
        if let algorithm = json["alg"]?.stringValue, algorithm != self.algorithm { return nil }
    }

    func serves(_ token: IDToken) -> Bool {
        self.algorithm == token.algorithm && (token.keyID == nil || self.id == token.keyID)
    }
}
