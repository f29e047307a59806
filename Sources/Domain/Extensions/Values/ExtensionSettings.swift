package import HTTP
package import Jail
package import Primitives

/// One entry of `extensions:` in the configuration: a server that speaks the Model Context Protocol.
package struct ExtensionSettings: Sendable, Equatable {
    /// How the server is reached.
    package enum Way: Sendable, Equatable {
        /// A program in a jail of its own, with the path or name it is started by and its arguments.
        case program(_ command: [String], variables: [String: Secret])
        /// Streamable HTTP; the headers are sent with every request.
        case remote(_ address: HTTPURL, headers: [String: Secret])
    }

    /// What a program sees of the workspace of the thread that calls it.
    package enum Files: String, Sendable, CaseIterable {
        case none, read, write
    }

    /// How long the server may take. A call has the rest of its turn besides.
    package struct Limits: Sendable, Equatable {
        package var start = Duration.seconds(60)
        package var list = Duration.seconds(30)
        package var call = Duration.seconds(600)

        package init() {}
    }

    /// `[a-z][a-z0-9-]{0,23}`; the beginning of its tools' names.
    package let name: String
    package let way: Way
    /// The addresses that a program may reach, by the jail's rules.
    package var network: [NetworkRule] = []
    package var files = Files.none
    /// A decision by raw name of a tool; `*` is for all others.
    package var tools: [String: String] = [:]
    package var limits = Limits()
    /// What the host is to the authorization server of a remote server; nil if it makes itself known.
    package var oauth: OAuthSettings?

    package init(name: String, way: Way) {
        self.name = name
        self.way = way
    }
}

extension ExtensionSettings {
    /// Whether a text can be the name of a server.
    package static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 24 else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// Whether the host may have an account there: no header of the entry says who it is.
    package var maySignIn: Bool {
        guard case .remote(_, let headers) = self.way else { return false }
        return !headers.keys.contains { $0.lowercased() == "authorization" }
    }

    /// Whether a call can carry what it is given out of the host.
    package var reachesNetwork: Bool {
        if case .remote = self.way { true } else { !self.network.isEmpty }
    }
}

/// Names that sound like those of secrets: of variables, headers, and fields that a server asks for. Pure.
package enum SecretName {
    private static let words = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "credential",
        "authorization", "cookie", "private_key", "access_key",
    ]
    /// Those that count only as a whole word of the name.
    private static let parts: Set<String> = ["key", "pin", "otp", "pat", "auth", "pwd", "code", "cvv", "ssn"]

    package static func isSecret(_ name: String) -> Bool {
        let lower = name.lowercased()
        if self.words.contains(where: lower.contains) { return true }
        return lower.split { !$0.isLetter && !$0.isNumber }.contains { self.parts.contains(String($0)) }
    }
}
