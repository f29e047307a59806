internal import Agent
internal import Extensions
internal import HTTP
internal import Jail
internal import Primitives

extension ExtensionSettings {
    /// Servers of one host; each has tools in every turn's request.
    private static let most = 16

    static func list(_ root: Section) -> [ExtensionSettings] {
        var names: Set<String> = []
        let all =
            root.list("extensions") { value -> ExtensionSettings? in
                guard let settings = value.section({ Self.read($0) }) else { return nil }
                guard names.insert(settings.name).inserted else {
                    return value.error("another extension has the name '\(settings.name)'; names are unique")
                }
                return settings
            } ?? []
        if all.count > Self.most {
            root.error("\(all.count) extensions are too many; at most \(Self.most) can be used")
        }
        return all
    }

    /// Nil if something is wrong with it.
    private static func read(_ section: Section) -> ExtensionSettings? {
        let name = section.required("name") { $0.extensionName() }
        let command = section.optional("command") { $0.command() }
        let variables = section.optional("env") { $0.secrets(named: "a variable", where: Self.isVariable) } ?? [:]
        // What doesn't concern an address isn't printed for one.
        let isRemote = section.has("url")
        if isRemote { for key in ["network", "files"] { _ = section.value(key) } }
        let network = isRemote ? [] : section.list("network") { $0.networkRule() } ?? []
        let files = isRemote ? Files.none : section.read("files", default: Files.none) { $0.choice() }
        let tools = section.optional("tools") { $0.decisions() } ?? [:]
        let url = section.optional("url") { $0.extensionAddress() }
        let headers = section.optional("headers") { $0.secrets(named: "a header", where: Self.isHeader) } ?? [:]
        let oauth = section.optional("oauth") { $0.section { OAuthSettings.read($0) } }
        let limits = section.section("limits") { Limits($0) }
        guard section.has("command") != isRemote else {
            section.error(
                "an extension has either 'command', a program on this machine, or 'url', a server elsewhere")
            return nil
        }
        for key in isRemote ? ["env", "network", "files"] : ["headers", "oauth"] where section.has(key) {
            section.error("'\(key)' has no effect with '\(isRemote ? "url" : "command")'; remove it")
        }
        let way: Way? =
            command.map { .program($0, variables: variables) } ?? url.map { .remote($0, headers: headers) }
        guard let name, let way else { return nil }
        var settings = ExtensionSettings(name: name, way: way)
        settings.network = network
        settings.files = files
        settings.tools = tools
        settings.limits = limits
        settings.oauth = oauth
        if isRemote, oauth != nil, !settings.maySignIn {
            section.error("'oauth' has no effect beside the header 'Authorization'; remove one of them")
        }
        return settings
    }

    private static func isVariable(_ name: String) -> Bool {
        name.isPlain(with: "_") && name.first?.isNumber == false && name.utf8.count <= 128
    }

    /// A token of RFC 9110, section 5.6.2, of letters, digits and `-`, which is not one that the protocol sets.
    private static func isHeader(_ name: String) -> Bool {
        let own = ["accept", "content-type", "content-length", "host", "connection", "transfer-encoding"]
        let lower = name.lowercased()
        return name.isPlain(with: "-") && (1...128).contains(name.utf8.count) && !own.contains(lower)
            && !lower.hasPrefix("mcp-")
    }
}

extension OAuthSettings {
    fileprivate static func read(_ section: Section) -> OAuthSettings? {
        let id = section.optional("client_id") {
            $0.string(where: Self.isCredential, else: "expected the id that the sign-in of the server has given out")
        }
        let secret = section.optional("client_secret") {
            $0.secret(where: Self.isCredential, else: "the secret has characters that no client's secret has")
        }
        let scope = section.optional("scope") {
            $0.string(where: Self.isScope, else: "expected names of rights, separated by spaces")
        }
        if section.has("client_secret"), !section.has("client_id") {
            section.error("'client_secret' has no effect without 'client_id'")
        }
        return OAuthSettings(clientID: id, clientSecret: secret, scope: scope)
    }
}

extension ExtensionSettings.Limits {
    fileprivate init(_ section: Section) {
        self.init()
        let most = Duration.seconds(3_600)
        self.start = section.read("start", default: self.start) { $0.duration(from: .seconds(1), to: most) }
        self.list = section.read("list", default: self.list) { $0.duration(from: .seconds(1), to: most) }
        self.call = section.read("call", default: self.call) { $0.duration(from: .seconds(1), to: most) }
    }
}

extension Value {
    fileprivate func extensionName() -> String? {
        self.string(
            where: ExtensionSettings.isName,
            else: "a name begins with a letter and has 1 to 24 of a-z, 0-9 and '-', because it begins its tools' names")
    }

    fileprivate func command() -> [String]? {
        guard let words = self.items()?.map({ $0.text }) else { return nil }
        let command = words.compactMap(\.self)
        guard command.count == words.count, command.first?.isEmpty == false else {
            return self.error("expected a program and its arguments, as in [uvx, jira-mcp]")
        }
        return command
    }

    fileprivate func extensionAddress() -> HTTPURL? {
        guard let url = self.url() else { return nil }
        guard url.isSecure || url.isLoopback else {
            return self.error("the address would get headers and arguments unencrypted; use https://")
        }
        return url
    }

    fileprivate func networkRule() -> NetworkRule? {
        self.networkEntry().flatMap { try? NetworkRule($0) }
    }

    fileprivate func decisions() -> [String: String]? {
        guard let members = self.members() else { return nil }
        let decisions = members.compactMap { tool, value in
            value.choice(PolicyDecision.self).map { (tool, $0.rawValue) }
        }
        return Dictionary(decisions) { first, _ in first }
    }

    /// Values by name: secrets as references, and plain text where the name doesn't sound like a secret's.
    fileprivate func secrets(named what: String, where isGood: (String) -> Bool) -> [String: Secret]? {
        guard let members = self.members() else { return nil }
        let values = members.compactMap { name, value -> (String, Secret)? in
            guard isGood(name) else { return value.error("'\(name)' is not the name of \(what) that can be set here") }
            if value.isMapping || SecretName.isSecret(name) { return value.secret().map { (name, $0) } }
            // A number or a boolean is text for a program.
            guard let text = value.text else { return value.error("expected text, found \(value.kind)") }
            return (name, Secret(text))
        }
        return Dictionary(values) { first, _ in first }
    }
}
