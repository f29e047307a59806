import HTTP
import Host
import Matrix
import Primitives
import Slack
import Telegram
import TestSupport
import Testing

@Suite("Configuration: Matrix, Slack and Telegram")
struct ConfigurationNetworkTests {
    private static let environment = [
        "SYT": "syt_secret", "WORD": "word", "XOXB": "xoxb-1-secret", "XAPP": "xapp-1-secret", "XOXP": "xoxp-1-secret",
        "SIGN": "0123abcd", "T": "123456789:secret", "T2": "987654321:secret", "BOTT": "bot123456789:s3cr3t",
        "HOOK": "Hook_secret-1", "SPACED": "two s3cr3ts", "LINES": "two\ns3cr3ts", "URLISH": "https://x/s3cr3t",
    ]

    private func read(_ network: String, _ entries: String, gateway: String = "{}") -> LoadedConfiguration {
        load("gateway: \(gateway)\nadapters: {\(network): [\(entries)]}", environment: Self.environment)
    }

    // MARK: Matrix

    private static let home = "id: home, homeserver: \"https://matrix.example.org\", user: \"@bot:example.org\""

    @Test("Matrix signs in with a token, or with a password and a device")
    func matrix() throws {
        let byToken = self.read("matrix", "{\(Self.home), access_token: {env: SYT}}")
        expectEqual(byToken.issues, [])
        let settings = try #require(byToken.configuration?.adapters.matrix.first)
        #expect(settings.id == "home" && settings.homeserver.host == "matrix.example.org")
        expectEqual(settings.credential, .accessToken(Secret("syt_secret")))
        expectEqual(settings.deviceID, "JETBRIDGE")
        let byPassword = self.read("matrix", "{\(Self.home), password: {env: WORD}, device_id: KITCHEN}")
        expectEqual(byPassword.issues, [])
        expectEqual(byPassword.configuration?.adapters.matrix.first?.deviceID, "KITCHEN")
        expectEqual(byPassword.configuration?.adapters.matrix.first?.credential, .password(Secret("word")))
    }

    @Test("a device id with a token is a warning, because the token has a device")
    func device() {
        let loaded = self.read("matrix", "{\(Self.home), access_token: {env: SYT}, device_id: X}")
        #expect(loaded.errors == [] && loaded.warnings.count == 1)
    }

    @Test(
        "Matrix needs exactly one of token and password",
        arguments: ["", ", access_token: {env: SYT}, password: {env: WORD}"])
    func oneCredential(_ keys: String) {
        let loaded = self.read("matrix", "{\(Self.home)\(keys)}")
        expectEqual(loaded.errors.map(\.message), ["set either 'access_token' or 'password'"])
    }

    @Test(
        "a Matrix user is @name:server",
        arguments: ["bot", "@bot", "@:example.org", "@bot:", "bot:example.org", "@b t:x", "@bot:x/:"])
    func user(_ name: String) {
        let loaded = self.read(
            "matrix", "{id: a, homeserver: \"https://x\", user: \"\(name)\", access_token: {env: SYT}}")
        expectEqual(loaded.errors.map(\.path), ["adapters.matrix[0].user"])
    }

    @Test("a homeserver can be given by its server name")
    func serverName() {
        func read(_ name: String) -> LoadedConfiguration {
            self.read(
                "matrix", "{id: a, homeserver: \"\(name)\", user: \"@a:b\", access_token: {env: SYT}}")
        }
        for name in ["example.org", "example.org:8448"] {
            let settings = read(name).configuration?.adapters.matrix.first
            expectEqual(settings?.homeserver.origin, "https://\(name)")
            expectEqual(settings?.isServerName, true)
        }
        expectEqual(read("https://example.org").configuration?.adapters.matrix.first?.isServerName, false)
        for name in ["", "a b", "a?b", "example.org/x", "me@example.org"] {
            expectEqual(read(name).errors.map(\.path), ["adapters.matrix[0].homeserver"], "\(name)")
        }
    }

    @Test("a homeserver can have a private authority, and plain HTTP if allowed")
    func transport() throws {
        let folder = try TemporaryDirectory()
        let authority = folder.write("ca.pem", "A CA\r\n-----BEGIN TRUSTED CERTIFICATE-----\r\n")
        func read(_ url: String, _ more: String = "") -> LoadedConfiguration {
            self.read(
                "matrix", "{id: a, homeserver: \"\(url)\", user: \"@a:b\", access_token: {env: SYT}\(more)}")
        }
        expectEqual(read("http://127.0.0.1:8008").issues, [])
        expectEqual(read("http://synapse:8008").errors.first?.message.contains("allow_plain_http: true"), true)
        let plain = read("http://synapse:8008", ", allow_plain_http: true")
        expectEqual(plain.issues, [])
        expectEqual(plain.configuration?.adapters.transports["a"]?.allowsPlainHTTP, true)
        let own = read("https://synapse:8448", ", ca_file: \(authority)")
        expectEqual(own.configuration?.adapters.transports["a"]?.caFile, authority)
        expectEqual(read("https://x/?a=b").errors.map(\.path), ["adapters.matrix[0].homeserver"])
        let other = folder.write("ca.der", "0\u{1}-----BEGIN CERTIFICATE REQUEST-----\n")
        expectEqual(
            read("https://x", ", ca_file: \(other)").errors.map(\.message),
            [
                "\(other): expected a PEM file, with a line -----BEGIN CERTIFICATE-----"
            ])
        expectEqual(read("https://x", ", ca_file: /nowhere").errors.map(\.path), ["adapters.matrix[0].ca_file"])
    }

    // MARK: Slack

    @Test("Slack delivers events over a socket with the app token, or over HTTP with the signing secret")
    func slack() throws {
        let socket = self.read("slack", "{id: team, bot_token: {env: XOXB}, app_token: {env: XAPP}}")
        expectEqual(socket.issues, [])
        let settings = try #require(socket.configuration?.adapters.slack.first)
        expectEqual(settings.intake, .socket(appToken: Secret("xapp-1-secret")))
        expectEqual(settings.apiURL.description, "https://slack.com/api/")
        let hook = self.read(
            "slack",
            "{id: team, bot_token: {env: XOXB}, signing_secret: {env: SIGN}, api_url: \"http://127.0.0.1:1/api\"}")
        expectEqual(hook.issues, [])
        expectEqual(hook.configuration?.adapters.slack.first?.intake, .http(signingSecret: Secret("0123abcd")))
        expectEqual(hook.configuration?.adapters.slack.first?.apiURL.description, "http://127.0.0.1:1/api/")
    }

    @Test(
        "Slack needs exactly one of app token and signing secret",
        arguments: ["", ", app_token: {env: XAPP}, signing_secret: {env: SIGN}"])
    func oneIntake(_ keys: String) {
        let loaded = self.read("slack", "{id: a, bot_token: {env: XOXB}\(keys)}")
        expectEqual(
            loaded.errors.map(\.message),
            [
                "set either 'app_token' (Socket Mode) or 'signing_secret' (events over HTTP)"
            ])
    }

    @Test(
        "a Slack secret under the wrong key is an error that does not contain it",
        arguments: [
            (
                "bot_token: {env: XAPP}, app_token: {env: XAPP}", "bot_token",
                "belongs to 'app_token'; the bot token begins with xoxb-"
            ),
            (
                "bot_token: {env: XOXB}, app_token: {env: XOXB}", "app_token",
                "belongs to 'bot_token'; the app-level token begins"
            ),
            (
                "bot_token: {env: XOXB}, signing_secret: {env: XAPP}", "signing_secret",
                "belongs to 'app_token'; the signing secret"
            ),
            ("bot_token: {env: XOXP}, app_token: {env: XAPP}", "bot_token", "a user token"),
        ])
    func swapped(_ keys: String, _ key: String, says: String) {
        let loaded = self.read("slack", "{id: a, \(keys)}")
        expectEqual(loaded.errors.map(\.path), ["adapters.slack[0].\(key)"])
        expectEqual(loaded.errors.first?.line, 2)
        expectEqual(loaded.errors.first?.message.contains(says), true, "\(loaded.errors)")
        #expect(!loaded.issues.map(\.description).joined().contains("secret-"))
        #expect(!loaded.issues.map(\.description).joined().contains("1-secret"))
    }

    @Test("Slack's URL must be HTTPS except on this machine")
    func slackURL() {
        let loaded = self.read(
            "slack", "{id: a, bot_token: {env: XOXB}, app_token: {env: XAPP}, api_url: \"http://proxy.example.org/\"}")
        expectEqual(loaded.errors.map(\.path), ["adapters.slack[0].api_url"])
        expectEqual(loaded.errors.first?.message.hasSuffix("use https://"), true)
    }

    // MARK: Telegram

    @Test("Telegram is polled, or calls a webhook below the public URL")
    func telegram() throws {
        let polling = self.read("telegram", "{id: bot, token: {env: T}}")
        expectEqual(polling.issues, [])
        expectEqual(polling.configuration?.adapters.telegram.first?.intake, .polling)
        let hook = self.read(
            "telegram", "{id: bot, token: {env: T}, webhook: {secret: {env: HOOK}}}",
            gateway: "{public_url: \"https://bot.example.org/jetbridge/\"}")
        expectEqual(hook.issues, [])
        let url = try HTTPURL("https://bot.example.org/jetbridge/hooks/telegram/bot")
        expectEqual(
            hook.configuration?.adapters.telegram.first?.intake, .webhook(url: url, secret: Secret("Hook_secret-1")))
    }

    @Test(
        "a webhook that Telegram could not call is an error",
        arguments: [
            ("{}", "needs gateway.public_url"), ("{public_url: \"http://bot.example.org\"}", "over https://"),
            ("{public_url: \"https://bot.example.org:8787\"}", "port 443"),
        ])
    func unreachable(_ gateway: String, says: String) {
        let loaded = self.read(
            "telegram", "{id: bot, token: {env: T}, webhook: {secret: {env: HOOK}}}", gateway: gateway)
        expectEqual(loaded.errors.map(\.path), ["adapters.telegram[0].webhook"])
        expectEqual(loaded.errors.first?.message.contains(says), true)
    }

    @Test("a self-hosted Bot API server can call a webhook over plain HTTP")
    func ownServer() {
        let loaded = self.read(
            "telegram", "{id: b, token: {env: T}, api_url: \"http://127.0.0.1:8081\", webhook: {secret: {env: HOOK}}}",
            gateway: "{public_url: \"http://127.0.0.1:8787\"}")
        expectEqual(loaded.issues, [])
    }

    @Test(
        "an invalid Telegram secret is an error that does not contain it",
        arguments: [
            ("token: {env: BOTT}", "token", "the prefix 'bot'"), ("token: {env: LINES}", "token", "@BotFather"),
            ("token: {env: URLISH}", "token", "@BotFather"),
            ("token: {env: T}, webhook: {secret: {env: SPACED}}", "webhook.secret", "letters, digits"),
        ])
    func wrongTelegramSecret(_ keys: String, _ key: String, says: String) {
        let loaded = self.read("telegram", "{id: a, \(keys)}", gateway: "{public_url: \"https://bot.example.org\"}")
        expectEqual(loaded.errors.map(\.path), ["adapters.telegram[0].\(key)"])
        expectEqual(loaded.errors.first?.message.contains(says), true, "\(loaded.errors)")
        #expect(!loaded.issues.map(\.description).joined().contains("s3cr3t"))
    }

    // MARK: All of them

    @Test(
        "a misspelt key is reported with the nearest valid one",
        arguments: [
            ("matrix", "{\(Self.home), acces_token: {env: SYT}}", "access_token"),
            ("matrix", "{\(Self.home), password: {env: WORD}, devce_id: X}", "device_id"),
            ("slack", "{id: a, bot_token: {env: XOXB}, app_token: {env: XAPP}, api_ulr: x}", "api_url"),
            ("slack", "{id: a, bot_token: {env: XOXB}, sining_secret: {env: SIGN}}", "signing_secret"),
            ("telegram", "{id: a, token: {env: T}, webhok: {secret: {env: HOOK}}}", "webhook"),
            ("telegram", "{id: a, token: {env: T}, webhook: {secrt: {env: HOOK}}}", "secret"),
        ])
    func nearest(_ network: String, _ entry: String, key: String) {
        let loaded = self.read(network, entry, gateway: "{public_url: \"https://bot.example.org\"}")
        #expect(loaded.errors.contains { $0.nearest == key && $0.message == "unknown key" }, "\(loaded.errors)")
    }

    @Test(
        "two connections of one account are an error, because both would answer",
        arguments: [
            ("matrix", "{\(Self.home), password: {env: WORD}}", "{\(Self.home), password: {env: WORD}}"),
            (
                "slack", "{id: home, bot_token: {env: XOXB}, app_token: {env: XAPP}}",
                "{id: home, bot_token: {env: XOXB}, signing_secret: {env: SIGN}}"
            ),
            ("telegram", "{id: home, token: {env: T}}", "{id: home, token: {env: T}}"),
        ])
    func twice(_ network: String, _ first: String, _ second: String) {
        let loaded = self.read(network, "\(first), \(second.replacing("id: home", with: "id: other"))")
        expectEqual(loaded.errors.map(\.path), ["adapters.\(network)[1]"])
        expectEqual(loaded.errors.first?.message.contains("'home'"), true)
    }

    @Test("two bots are two connections")
    func two() {
        let loaded = self.read("telegram", "{id: a, token: {env: T}}, {id: b, token: {env: T2}}")
        expectEqual(loaded.issues, [])
        expectEqual(loaded.configuration?.adapters.telegram.map(\.id), ["a", "b"])
    }

    @Test(
        "an owner on a network that is not configured is a warning",
        arguments: [
            ("slack:T1/U1", "Slack"), ("telegram:1001", "Telegram"), ("matrix:@a:b", "Matrix"),
        ])
    func ownerWithoutNetwork(_ identity: String, _ network: String) {
        let loaded = load("access: {owners: [\"\(identity)\"]}")
        expectEqual(loaded.errors, [])
        expectEqual(loaded.warnings.map(\.message), ["there is no \(network) adapter, so this matches nobody"])
    }

    @Test(
        "a network with a missing secret is reported for that only, not as missing itself",
        arguments: [
            ("irc:local/account:alice", "irc", "{id: local, server: a.example, nick: bot, password: {env: NONE}}"),
            ("slack:T1/U1", "slack", "{id: s, bot_token: {env: NONE}, app_token: {env: NONE}}"),
            ("telegram:1001", "telegram", "{id: t, token: {env: NONE}}"),
            (
                "matrix:@a:b", "matrix",
                "{id: m, homeserver: \"https://b\", user: \"@bot:b\", access_token: {env: NONE}}"
            ),
        ])
    func ownerOfBrokenNetwork(_ identity: String, _ network: String, _ entry: String) {
        let loaded = load("access: {owners: [\"\(identity)\"]}\nadapters: {\(network): [\(entry)]}")
        #expect(loaded.errors.contains { $0.message == "the environment variable NONE is not set" })
        #expect(!loaded.issues.contains { $0.message.contains("matches nobody") }, "\(loaded.issues)")
    }

    @Test(
        "an identity that could never match is an error",
        arguments: [
            "slack:U1", "slack:T1/alice", "slack:T1/U1/x", "slack:/U1", "telegram:@alice", "telegram:alice",
            "telegram:-1",
            "telegram:+1", "matrix:alice", "matrix:@alice", "matrix:@alice:",
        ])
    func wrongIdentity(_ identity: String) {
        expectEqual(load("access: {guests: [\"\(identity)\"]}").errors.map(\.path), ["access.guests[0]"])
    }
}
