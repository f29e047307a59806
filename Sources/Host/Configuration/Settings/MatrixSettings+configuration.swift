internal import HTTP
internal import Matrix
internal import Primitives

/// Reads an entry of `adapters.matrix`.
extension MatrixSettings {
    init?(_ section: Section, id: String, transport: Configuration.Transport, others: [MatrixSettings]) {
        let homeserver = section.required("homeserver") { Self.homeserver($0, transport) }
        let user = section.required("user", Self.user)
        let token = section.optional("access_token") { $0.secret() }
        let password = section.optional("password") { $0.secret() }
        let deviceID = section.optional("device_id", Self.device)
        let encryption = section.section("encryption") { MatrixEncryptionSettings($0) }
        if section.has("access_token") == section.has("password") {
            section.error("set either 'access_token' or 'password'")
        }
        if deviceID != nil, section.has("access_token") {
            section.warn("'device_id' is for password logins only; an access token already belongs to a device")
        }
        guard let homeserver, let user,
            let credential = token.map(Credential.accessToken) ?? password.map(Credential.password)
        else { return nil }
        self.init(
            id: id, homeserver: homeserver.url, isServerName: homeserver.isName, user: user, credential: credential,
            encryption: encryption)
        if let deviceID { self.deviceID = deviceID }
        if let other = others.first(where: { $0.user == user }) {
            section.error("'\(other.id)' already signs in as \(user); both connections would answer")
        }
    }

    /// A URL, or a server's name, from which the API's URL is discovered.
    private static func homeserver(
        _ value: Value, _ transport: Configuration.Transport
    ) -> (url: HTTPURL, isName: Bool)? {
        guard let text = value.string() else { return nil }
        if text.contains("/") || text.isEmpty { return transport.url(value).map { ($0, false) } }
        guard let url = try? HTTPURL("https://\(text)"), url.path == "/", url.query == nil else {
            return value.error("write the homeserver as \"https://matrix.example.org\", or by its name \"example.org\"")
        }
        return (url, true)
    }

    /// https://spec.matrix.org/v1.16/appendices/#user-identifiers, including historical ids; the server checks the
    /// rest.
    private static func user(_ value: Value) -> String? {
        guard let text = value.string() else { return nil }
        let parts = text.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let isGood =
            text.hasPrefix("@") && parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 255
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !text.contains("/:")
        return isGood ? text : value.error("a Matrix user has the form \"@name:server\"")
    }

    private static func device(_ value: Value) -> String? {
        value.string(
            where: { $0.utf8.count <= 64 && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } },
            else: "a device id is one word of at most 64 ASCII characters")
    }
}

/// Reads `encryption` of an entry of `adapters.matrix`.
extension MatrixEncryptionSettings {
    init(_ section: Section) {
        let isEnabled = section.read("enabled", default: true) { $0.bool() }
        let trust = section.read("trust", default: Trust.any) { $0.choice() }
        let file = section.optional("recovery_key") { $0.futureSecretFile(madeBy: "jetbridge matrix recovery-key") }
        self.init(isEnabled: isEnabled, trust: trust, recoveryKeyFile: file)
        if !isEnabled, section.has("trust") || section.has("recovery_key") {
            section.warn("'trust' and 'recovery_key' have no effect while 'enabled' is false")
        }
    }
}
