import Host
import IRC
import TestSupport
import Testing

@Suite("Configuration: the templates")
struct ConfigurationTemplateTests {
    /// The variables that the templates refer to.
    private static let environment = Dictionary(
        uniqueKeysWithValues: [
            "OPENAI_API_KEY", "IRC_PASSWORD", "IRC_SASL_PASSWORD", "IRC_CHANNEL_KEY", "MATRIX_TOKEN",
            "MATRIX_PASSWORD", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "TELEGRAM_TOKEN", "GITHUB_TOKEN",
            "GITHUB_WEBHOOK_SECRET", "GITHUB_CLIENT_SECRET", "OIDC_CLIENT_SECRET", "CI_HOOK_SECRET",
            "OTLP_AUTHORIZATION", "JIRA", "WIKI_AUTHORIZATION",
            "BACKUP_PASSPHRASE",
        ].map { ($0, "a value for the templates") })

    @Test("every template is valid", arguments: ConfigurationTemplate.all.map(\.name))
    func reads(_ name: String) throws {
        let template = try #require(ConfigurationTemplate.named(name))
        let loaded = load(template.text, environment: Self.environment)
        expectEqual(loaded.issues, [])
        #expect(loaded.configuration != nil)
        #expect(template.summary.count > 20 && !template.summary.hasPrefix("#"))
        #expect(template.text.hasSuffix("\n") && !template.text.hasSuffix("\n\n"))
    }

    @Test("the templates include the example and the defaults")
    func names() {
        #expect(
            Set(ConfigurationTemplate.all.map(\.name)).isSuperset(
                of: ["example", "default", "irc", "matrix", "slack", "telegram", "openai", "copilot"]))
        #expect(ConfigurationTemplate.named(ConfigurationTemplate.standard) != nil)
    }

    @Test("the unchanged example needs no environment variables")
    func exampleAsIs() throws {
        let template = try #require(ConfigurationTemplate.named("example"))
        expectEqual(load(template.text).issues, [])
    }

    @Test("the example and the default template match the built-in defaults", arguments: ["example", "default"])
    func defaults(_ name: String) throws {
        let template = try #require(ConfigurationTemplate.named(name))
        let said = try #require(load(template.text).configuration)
        let silent = try #require(load("").configuration)
        expectEqual("\(said)", "\(silent)")
    }

    @Test("the example is valid with every setting uncommented")
    func exampleSwitchedOn() throws {
        let template = try #require(ConfigurationTemplate.named("example"))
        let folder = try TemporaryDirectory()
        let authority = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        let text = template.text.split(separator: "\n", omittingEmptySubsequences: false).map(Self.switchedOn)
            .joined(separator: "\n").replacing("/etc/ssl/private-ca.pem", with: authority)
            .replacing("/etc/jetbridge/skills", with: folder.path)
        let loaded = load(text, environment: Self.environment)
        expectEqual(loaded.errors, [])
        let configuration = try #require(loaded.configuration)
        expectEqual(configuration.dataDirectory, "/var/lib/jetbridge")
        expectEqual(configuration.adapters.irc.map(\.id), ["libera"])
        expectEqual(configuration.adapters.irc[0].channels.count, 2)
        expectEqual(configuration.adapters.irc[0].flood, .safe)
        expectEqual(configuration.adapters.matrix.count, 1)
        expectEqual(configuration.adapters.slack.count, 1)
        expectEqual(configuration.adapters.telegram.count, 1)
        expectEqual(configuration.repositories.count, 2)
        expectEqual(configuration.model.contextTokens, 128_000)
    }

    @Test("what is printed as effective is the same configuration, also with every setting", arguments: [false, true])
    func effective(isSwitchedOn: Bool) throws {
        let template = try #require(ConfigurationTemplate.named("example"))
        let folder = try TemporaryDirectory()
        let authority = folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        let text = template.text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { isSwitchedOn ? Self.switchedOn($0) : String($0) }
            .joined(separator: "\n").replacing("/etc/ssl/private-ca.pem", with: authority)
            .replacing("/etc/jetbridge/skills", with: folder.path)
        let loaded = load(text, environment: Self.environment)
        let again = load(loaded.effective.yaml, environment: Self.environment)
        expectEqual(again.issues, loaded.issues)
        // Sets have no order.
        if !isSwitchedOn {
            expectEqual("\(try #require(again.configuration))", "\(try #require(loaded.configuration))")
        }
        expectEqual(again.effective.yaml, loaded.effective.yaml)
    }

    /// Uncomments `#key: value` and `#  - item`, and leaves `# a comment` alone.
    private static func switchedOn(_ line: Substring) -> String {
        let indentation = line.prefix { $0 == " " }
        let rest = line.dropFirst(indentation.count)
        guard rest.first == "#" else { return String(line) }
        let setting = rest.dropFirst()
        let isComment = setting.isEmpty || (setting.hasPrefix(" ") && !setting.hasPrefix("  "))
        return isComment ? String(line) : String(indentation + setting)
    }
}
