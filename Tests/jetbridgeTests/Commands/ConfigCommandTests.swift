import Glibc
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("config check and config template", .timeLimit(.minutes(1)))
struct ConfigCommandTests {
    private func withFile<T>(_ text: String, _ body: (String) async throws -> T) async throws -> T {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/test.yaml"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        _ = Array(text.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        close(file)
        defer { withExtendedLifetime(folder) {} }
        return try await body(path)
    }

    @Test("a valid file is reported as valid")
    func good() async throws {
        try await self.withFile("log: {level: debug}") { path in
            for result in [await run("config", "check", path), await run("config", "check", "--config", path)] {
                #expect(result.status == .done && result.errors.isEmpty)
                expectEqual(result.output, "\(path): valid\n")
            }
        }
    }

    @Test("each error is a line on stderr, and the status is 78")
    func mistakes() async throws {
        try await self.withFile("lgo: {}\nmodel: {provider: opnai}\n") { path in
            let result = await run("config", "check", "--config", path)
            #expect(result.status == .configuration && result.output.isEmpty)
            expectEqual(
                result.errors.split(separator: "\n"),
                [
                    "\(path):1:1: lgo: unknown key; did you mean 'log'?",
                    "\(path):2:19: model.provider: 'opnai' is not one of rehearsal, copilot, github-models, openai, copilot-cli; "
                        + "did you mean 'openai'?",
                    "jetbridge: \(path): 2 errors",
                ])
        }
    }

    @Test("--json prints one document, valid or not")
    func json() async throws {
        try await self.withFile("log: {levle: debug}") { path in
            let result = await run("config", "check", "--config", path, "--json")
            expectEqual(result.status, .configuration)
            let document = try JSON.parse(result.output)
            #expect(document["ok"] == false && document["file"]?.stringValue == path)
            let issue = try #require(document["issues"]?[0])
            #expect(issue["path"] == "log.levle" && issue["line"] == 1 && issue["column"] == 7)
            #expect(issue["nearest"] == "level" && issue["severity"] == "error")
        }
        let defaults = await run("config", "check", "--json")
        expectEqual(defaults.status, .done)
        try expectEqual(JSON.parse(defaults.output), ["ok": true, "file": .null, "issues": []])
    }

    @Test("a missing file is a configuration error")
    func missing() async {
        let result = await run("config", "check", "--config", "/nonexistent.yaml")
        expectEqual(result.status, .configuration)
        #expect(result.errors.hasPrefix("/nonexistent.yaml: the file cannot be read: No such file or directory\n"))
    }

    @Test("environment variables are checked too")
    func variables() async {
        let result = await run("config", "check", environment: ["JETBRIDGE_LISTEN": "nonsense"])
        expectEqual(result.status, .configuration)
        #expect(result.errors.hasPrefix("JETBRIDGE_LISTEN: the port is missing"))
    }

    @Test("a printed template is a valid file")
    func template() async throws {
        let template = await run("config", "template")
        #expect(template.status == .done && template.output.hasPrefix("# Jetbridge: every setting"))
        try await self.withFile(template.output) { path in
            await expectEqual(run("config", "check", path).output, "\(path): valid\n")
        }
        let json = await run("config", "template", "irc", "--json")
        let irc = await run("config", "template", "irc")
        try expectEqual(JSON.parse(json.output)["text"]?.stringValue, irc.output)
    }

    @Test("the Slack manifest is printed for Socket Mode or for events over HTTP")
    func slackManifest() async throws {
        let socket = await run("config", "template", "slack-manifest")
        #expect(socket.status == .done && socket.output.contains("socket_mode_enabled: true"))
        #expect(socket.output.contains("command: /jetbridge") && !socket.output.contains("request_url"))
        let url = "https://bot.example.org/hooks/slack/team"
        let hook = await run("config", "template", "slack-manifest", "--events-url", url)
        #expect(hook.output.contains("socket_mode_enabled: false"))
        expectEqual(hook.output.ranges(of: "request_url: \"\(url)\"").count, 2)
        await expectEqual(run("config", "template", "irc", "--events-url", url).status, .usage)
    }

    @Test("the templates are listed as lines or JSON lines")
    func list() async throws {
        #expect(await run("config", "template", "--list").output.contains("\nirc "))
        for line in await run("config", "template", "--list", "--json").output.split(separator: "\n") {
            try expectEqual(JSON.parse(String(line))["summary"]?.stringValue?.isEmpty, false)
        }
        await expectEqual(run("config", "template", "icr").status, .usage)
    }
}
