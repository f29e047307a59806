import Chat
import HTTP
import Primitives
import TestSupport
import Testing

@testable import Slack

@Suite("Findings of doctor on a Slack app", .timeLimit(.minutes(1)))
struct SlackDiagnosisTests {
    private static func diagnose(
        _ settings: LoopbackSlack.Settings = SlackStage.settings(), bot: String? = nil, app: String? = nil,
        prepare: @Sendable (LoopbackSlack) async -> Void = { _ in }
    ) async throws -> [AdapterFinding] {
        let slack = try await LoopbackSlack.started(settings)
        await prepare(slack)
        let adapter = SlackAdapter(
            SlackSettings(
                id: "team", botToken: Secret(bot ?? slack.botToken),
                intake: .socket(appToken: Secret(app ?? slack.appToken)),
                apiURL: try HTTPURL(slack.apiURL)))
        let findings = await adapter.diagnose()
        await slack.stop()
        return findings
    }

    @Test("all findings on a working app are ok")
    func well() async throws {
        let findings = try await Self.diagnose()
        #expect(findings.allSatisfy { $0.severity == .ok }, "\(findings)")
        expectEqual(findings.count, 5)
    }

    @Test(
        "wrong and swapped tokens are reported",
        arguments: [
            ("xoxb-wrong", nil), ("xapp-x", "xoxb-x"), (nil, "xoxb-x"), ("xoxp-x", nil),
        ] as [(String?, String?)])
    func tokens(bot: String?, app: String?) async throws {
        let findings = try await Self.diagnose(bot: bot, app: app)
        #expect(findings.contains { $0.severity == .failed && $0.text.contains("token") })
    }

    @Test("a missing scope is reported by name")
    func scopes() async throws {
        let findings = try await Self.diagnose(
            SlackStage.settings { $0.scopes.subtract(["chat:write", "reactions:write"]) })
        #expect(findings.contains { $0.severity == .failed && $0.text.contains("chat:write") })
        #expect(findings.contains { $0.severity == .warning && $0.text.contains("reactions:write") })
    }

    @Test("Socket Mode turned off, a wrong app token and no channel are reported")
    func others() async throws {
        #expect(
            try await Self.diagnose(prepare: { await $0.disableSocketMode() })
                .contains { $0.severity == .failed && $0.text.contains("Socket Mode") })
        #expect(
            try await Self.diagnose(prepare: { $0.refuseAppToken() })
                .contains { $0.severity == .failed && $0.text.contains("app_token") })
        #expect(
            try await Self.diagnose(prepare: { $0.removeMember($0.botUser, from: LoopbackSlack.general) })
                .contains { $0.severity == .warning && $0.text.contains("/invite") })
    }

    @Test("the manifest requests exactly what the adapter uses")
    func manifest() {
        let yaml = SlackManifest.yaml(commands: SlackStage.commands)
        for scope in SlackManifest.scopes { #expect(yaml.contains("- \(scope.name)  #")) }
        #expect(yaml.contains("command: /jetbridge"))
        #expect(yaml.contains("usage_hint: \"help · status · stop · pair · specify\""))
        #expect(yaml.contains("socket_mode_enabled: true"))
        #expect(!yaml.contains("request_url"))
        #expect(!yaml.contains("chat:write.public") && !yaml.contains("admin"))
        let overHTTP = SlackManifest.yaml(commands: [], requestURL: "https://e.org/hooks/slack/team")
        #expect(overHTTP.contains("socket_mode_enabled: false"))
        expectEqual(overHTTP.components(of: "request_url: \"https://e.org/hooks/slack/team\""), 2)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
