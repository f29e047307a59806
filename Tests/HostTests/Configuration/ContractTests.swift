import HTTP
import Host
import IRC
import Logging
import Matrix
import Primitives
import Reading
import Slack
import Speech
import Telegram
import TestSupport
import Testing
import Threads

/// The documented file, key by key; changing what is tested here breaks existing configurations.
@Suite("Configuration: the documented file")
struct ContractTests {
    private static let file = """
        data_dir: /var/lib/jetbridge
        log: {level: info, format: json}            # trace debug info warning error · json text
        store: {url: "sqlite:jetbridge.sqlite"}
        gateway:
          listen: 127.0.0.1:8787
          public_url: http://127.0.0.1:8787
        model:
          provider: rehearsal
          name: gpt-4.1
          base_url: https://api.openai.com/v1
          api_key: {env: OPENAI_API_KEY}
          turn_timeout: 10m
        copilot:
          github_url: https://github.com
          api_url: https://api.github.com
          integration_id: vscode-chat
          cli: copilot
          cli_processes: 4
        github: {api_url: https://api.github.com, web_url: https://github.com, token: {env: GITHUB_TOKEN}}
        repositories:
          - {name: notes, path: notes}
          - {name: app, github: owner/app, branch: main}
        default_repository: notes
        access:
          owners: ["irc:local/account:alice", "irc:local/mask:alice!*@trusted.host", "slack:T1/U1", "telegram:1001", "matrix:@alice:example.org"]
          members: []
          guests: []
          pairing: true
        approvals: {commands: ask, writes: allow, network: ask, timeout: 5m}
        jail:
          memory: 512MiB
          processes: 64
          file_size: 64MiB
          output: 1MiB
          timeout: 2m
          network: {mode: none, allow: []}
          workspace_quota: 1GiB
        retention: {transcripts: 365d, files: 90d, workspaces: 30d, sent: 7d, audit: forever}
        adapters:
          irc:
            - id: local
              server: 127.0.0.1:6667
              tls: false
              nick: jetbridge
              password: {env: IRC_PASSWORD}
              sasl: {mechanism: PLAIN, account: jetbridge, password: {env: IRC_SASL_PASSWORD}}
              channels: ["#team"]
          matrix:
            - {id: home, homeserver: "http://127.0.0.1:8008", user: "@jetbridge:example.org", access_token: {env: MATRIX_TOKEN}}
          slack:
            - {id: team, bot_token: {env: SLACK_BOT_TOKEN}, app_token: {env: SLACK_APP_TOKEN}, api_url: "https://slack.com/api/"}
          telegram:
            - {id: bot, token: {env: TELEGRAM_TOKEN}, api_url: "https://api.telegram.org"}
        """

    private static let variables = [
        "OPENAI_API_KEY", "GITHUB_TOKEN", "IRC_PASSWORD", "IRC_SASL_PASSWORD", "MATRIX_TOKEN", "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN", "TELEGRAM_TOKEN",
    ]

    private func loadFile() throws -> Configuration {
        let environment = Dictionary(uniqueKeysWithValues: Self.variables.map { ($0, "of \($0)") })
        let loaded = load(Self.file, environment: environment)
        expectEqual(loaded.issues, [])
        return try #require(loaded.configuration)
    }

    @Test("every value is read")
    func values() throws {
        let file = try self.loadFile()
        expectEqual(file.dataDirectory, "/var/lib/jetbridge")
        #expect(file.log.level == .info && file.log.format == .json)
        expectEqual(file.store.name, "/var/lib/jetbridge/jetbridge.sqlite")
        expectEqual(file.gateway.listen, HostPort(host: "127.0.0.1", port: 8787))
        expectEqual(file.gateway.publicURL?.origin, "http://127.0.0.1:8787")
        #expect(file.model.provider == .rehearsal && file.model.name == "gpt-4.1")
        expectEqual(file.model.baseURL.description, "https://api.openai.com/v1")
        expectEqual(file.model.apiKey, Secret("of OPENAI_API_KEY"))
        expectEqual(file.model.turnTimeout, .seconds(600))
        #expect(file.copilot.cli == "copilot" && file.copilot.cliProcesses == 4)
        expectEqual(file.github.token, Secret("of GITHUB_TOKEN"))
        expectEqual(file.repositories.map(\.name), ["notes", "app"])
        expectEqual(
            file.repositories.map(\.place),
            [
                .local(path: "/var/lib/jetbridge/notes"), .github(owner: "owner", name: "app"),
            ])
        expectEqual(file.defaultRepository, "notes")
        #expect(file.access.owners.count == 5 && file.access.pairing)
        #expect(file.approvals.commands == .ask && file.approvals.writes == .allow)
        expectEqual(file.approvals.timeout, .seconds(300))
        #expect(file.limits.turns == 2_000 && file.limits.turnsPerPerson == 1_000 && file.limits.waitingPerThread == 20)
    }

    @Test("the jail's limits are read as bytes and durations")
    func jail() throws {
        let jail = try self.loadFile().jail
        let limits = jail.limits
        expectEqual(
            [limits.memory, limits.fileSize, limits.output, limits.workspaceQuota],
            [
                512 << 20, 64 << 20, 1 << 20, 1 << 30,
            ])
        #expect(limits.timeout == .seconds(120) && jail.network.mode == .none)
        #expect(jail.idleTimeout == .seconds(1_800) && jail.perUser == 4 && jail.perHost == 32)
        #expect(limits.processorShare == 1 && limits.openFiles == 1_024 && jail.firstUser == nil)
    }

    @Test("what models are given of files has limits, and the promised ones are the defaults")
    func files() throws {
        try expectEqual(self.loadFile().files, ReadingSettings())
        let files = try #require(load("files: {images: 800, documents: 5000}").configuration?.files)
        #expect(files.images == 800 && files.documents == 5_000)
        for text in ["files: {images: 100}", "files: {documents: 2000000}"] {
            #expect(load(text).configuration == nil)
        }
    }

    @Test("speech needs an address and a model, and from then on Telegram's voice messages are heard")
    func speech() throws {
        try expectEqual(self.loadFile().speech == nil, true)
        let telegram = "adapters: {telegram: [{id: bot, token: {env: TELEGRAM_BOT_TOKEN}}]}"
        let local = "speech: {base_url: \"http://127.0.0.1:9\", model: whisper-1, voice: alloy}"
        let token = ["TELEGRAM_BOT_TOKEN": "123456:abc"]
        let loaded = try #require(load("\(local)\n\(telegram)", environment: token).configuration)
        let settings = try #require(loaded.speech?.settings)
        #expect(settings.model == "whisper-1" && settings.voice == "alloy" && settings.voiceModel == "tts-1")
        #expect(settings.apiKey == nil && settings.timeout == .seconds(60))
        expectEqual(loaded.adapters.telegram.map(\.hearsVoices), [true])
        expectEqual(load(telegram, environment: token).configuration?.adapters.telegram.map(\.hearsVoices), [false])
        for text in [
            "speech: {model: whisper-1}", "speech: {base_url: \"http://127.0.0.1:9\"}",
            "speech: {base_url: \"https://api.openai.com/v1\", model: whisper-1}",
            "speech: {base_url: \"http://example.org/v1\", model: whisper-1}",
        ] {
            #expect(load(text).configuration == nil)
        }
    }

    @Test("lifetimes are durations or forever, and the promised ones are the defaults")
    func retention() throws {
        try expectEqual(self.loadFile().retention, Retention())
        let loaded = load("retention: {transcripts: forever, files: 12h, sent: 30d, audit: 400d}")
        let retention = try #require(loaded.configuration?.retention)
        #expect(retention.transcripts == nil && retention.files == .seconds(12 * 3_600))
        #expect(retention.sent == .seconds(30 * 86_400) && retention.audit == .seconds(400 * 86_400))
        expectEqual(retention.workspaces, .seconds(30 * 86_400))
    }

    @Test("every network is read")
    func adapters() throws {
        let adapters = try self.loadFile().adapters
        let irc = try #require(adapters.irc.first)
        #expect(irc.host == "127.0.0.1" && irc.port == 6667 && irc.tls == .none)
        #expect(irc.nick == "jetbridge" && irc.password == Secret("of IRC_PASSWORD"))
        expectEqual(irc.sasl, .plain(account: "jetbridge", password: Secret("of IRC_SASL_PASSWORD")))
        expectEqual(irc.channels, [IRCSettings.Channel("#team")])
        expectEqual(adapters.matrix.map(\.user), ["@jetbridge:example.org"])
        expectEqual(adapters.matrix.map(\.credential), [.accessToken(Secret("of MATRIX_TOKEN"))])
        expectEqual(adapters.slack.map(\.intake), [.socket(appToken: Secret("of SLACK_APP_TOKEN"))])
        expectEqual(adapters.telegram.map(\.intake), [.polling])
        expectEqual(adapters.matrix.map(\.homeserver.origin), ["http://127.0.0.1:8008"])
        expectEqual(adapters.slack.map(\.botToken), [Secret("of SLACK_BOT_TOKEN")])
        expectEqual(adapters.slack.map(\.apiURL.description), ["https://slack.com/api/"])
        expectEqual(adapters.telegram.map(\.token), [Secret("of TELEGRAM_TOKEN")])
        expectEqual(adapters.telegram.map(\.apiURL.host), ["api.telegram.org"])
    }

    @Test("printing the configuration shows no secrets")
    func secretsDoNotShow() throws {
        var text = ""
        dump(try self.loadFile(), to: &text)
        #expect(!text.contains("of IRC_") && !text.contains("of OPENAI"))
    }
}
