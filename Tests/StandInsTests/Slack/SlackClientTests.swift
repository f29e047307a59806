import EventLoop
import JSON
import JetbridgeTesting
import Processes
import Testing

/// The stand-in for Slack, tried by Slack's own clients.
@Suite("The Slack stand-in", .serialized, .timeLimit(.minutes(2)))
@Net
struct SlackClientTests {
    private nonisolated static let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()

    /// Runs one of the scripts here; it prints `ok` at its end.
    private func script(_ name: String, _ slack: LoopbackSlack, _ more: JSONObject = JSONObject()) async throws {
        var place: JSONObject = [
            "api_url": .string(slack.apiURL), "bot_token": .string(slack.botToken),
            "app_token": .string(slack.appToken), "bot_user": .string(slack.botUser), "bot_id": .string(slack.botID),
            "team_id": .string(slack.teamID), "channel": .string(LoopbackSlack.general),
            "alice": .string(LoopbackSlack.alice), "bob": .string(LoopbackSlack.bob),
            "signing_secret": .string(slack.settings.signingSecret),
        ]
        place.merge(more)
        let result = try await Process.run(
            ProcessPlan(
                Process.find("setpriv") ?? "/usr/bin/setpriv",
                [
                    "--pdeathsig", "KILL", Self.root + "/.cache/venv-chat/bin/python",
                    Self.root + "/Tests/StandInsTests/Slack/clients/" + name, JSON(place).text,
                ], environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"]))
        #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains("ok"))
    }

    @Test("slack_sdk posts, edits, deletes and reads; what Slack refuses is refused")
    func messages() async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        let slack = try await LoopbackSlack.started(settings)
        let question = slack.say("A question")
        try await self.script("slack_messages.py", slack, ["question": .string(question)])
        await slack.stop()
    }
}
