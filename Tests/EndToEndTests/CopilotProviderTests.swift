import Glibc
import JSON
import Processes
import TestSupport
import Testing

/// The copilot provider as a person meets it: an editor's sign-in is in the home directory, and everything works.
///
/// `JETBRIDGE_TOKEN_RUN=300` makes the last test the long one: five minutes with tokens that live thirty seconds.
@Suite("A Copilot sign-in is enough", .timeLimit(.minutes(7)))
struct CopilotProviderTests {
    private func with(
        tokenLife: Double = 1_800, credits: Double? = nil, networks: String = "",
        _ body: (LoopbackSubscription, HostProcess) async throws -> Void
    ) async throws {
        let subscription = try await LoopbackSubscription.started(tokenLife: tokenLife, credits: credits)
        let host = try await HostProcess(configuration: subscription.configuration + networks)
        try LoopbackSubscription.plantSignIn(below: host.directory)
        do {
            try await body(subscription, host)
        } catch {
            await subscription.stop()
            throw error
        }
        await subscription.stop()
    }

    @Test("models, chat and usage on the command line")
    func commandLine() async throws {
        try await self.with { subscription, host in
            let models = try await host.run(["models"])
            expectEqual(models.status, .exited(0), "\(models.errorText)")
            #expect(
                models.text.contains("gpt-4.1") && models.text.contains("o200k_base") && models.text.contains("0.25×"))
            #expect(!models.text.contains("paygo") && !models.text.contains("claude-opus"))
            let list = try JSON.parse(try await host.run(["models", "--json"]).output)
            #expect(list.arrayValue?.count == 5 && list[0]?["tokenizer"]?.stringValue == "o200k_base")

            let chat = try await host.run(["chat", "Hello there"])
            expectEqual(chat.status, .exited(0), "\(chat.errorText)")
            #expect(chat.text.contains("You said: Hello there"))
            let codex = try await host.run(["chat", "--model", "gpt-5-codex", "Hello again"])
            #expect(codex.text.contains("You said: Hello again"), "\(codex.errorText)")
            expectEqual(subscription.copilot.requests(to: "/responses").count, 1)
            let refused = try await host.run(["chat", "--model", "claude-opus-4.5", "Hello"])
            #expect(
                refused.status == .exited(1) && refused.errorText.contains("claude-sonnet-4.5"), "\(refused.errorText)")

            let usage = try await host.run(["usage"])
            #expect(
                usage.text.contains("gpt-4.1") && usage.text.contains("credits: "), "\(usage.text)\(usage.errorText)")
            #expect(usage.text.contains("resets on 2026-12-01"))
            let doctor = try await host.run(["doctor"])
            #expect(doctor.text.contains("copilot answers and lists the model 'gpt-4.1'"), "\(doctor.text)")
            // They share the token, so there is only one exchange.
            expectEqual(subscription.github.exchanges.count, 1)
            for result in [models, chat, usage, doctor] {
                #expect(!(result.text + result.errorText).contains(LoopbackSubscription.signIn))
            }
        }
    }

    @Test("without a sign-in each command says how to sign in")
    func signedOut() async throws {
        let subscription = try await LoopbackSubscription.started()
        let host = try await HostProcess(configuration: subscription.configuration)
        let models = try await host.run(["models"])
        #expect(models.status == .exited(1) && models.errorText.contains("jetbridge login"), "\(models.errorText)")
        expectEqual(models.errorText.split(separator: "\n").count, 1)
        await subscription.stop()
    }

    @Test("web and IRC threads continue while tokens expire every few seconds, and show the remaining quota")
    func shortTokens() async throws {
        let long = getenv("JETBRIDGE_TOKEN_RUN").flatMap { Int(String(cString: $0)) }
        let server = try await NgIRCd()
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join("#team")
        let networks = HostConfiguration.irc(port: server.port)
        try await self.with(tokenLife: long == nil ? 3 : 30, credits: 100, networks: networks) { subscription, host in
            try await host.start(environment: [:])
            try await alice.waitForJoin(of: "jetbot")
            let client = try await host.signIn()
            let thread = try await client.newThread()
            let end = ContinuousClock.now + .seconds(long ?? 12)
            var turns = 0
            while ContinuousClock.now < end {
                let turn = try await client.ended(try await client.send("turn \(turns)", to: thread))
                expectEqual(turn["state"]?.stringValue, "complete", "\(turn.text)")
                try await alice.say("jetbot: line \(turns)", to: "#team")
                let lines = try await alice.listen(to: "jetbot", in: "#team", within: .seconds(20)) {
                    $0.count > turns
                }
                expectEqual(lines.last, "alice: You said: line \(turns)")
                turns += 1
                // Pauses like a person; otherwise the run would measure only the growing history.
                if long != nil { try await Task.sleep(for: .milliseconds(500)) }
            }
            #expect(turns > 5)
            #expect(subscription.github.exchanges.count >= 4)
            let usage = try await client.get("/api/v1/usage")
            expectEqual(usage["quota"]?["provider"]?.stringValue, "copilot")
            expectEqual(usage["quota"]?["items"]?[0]?["name"]?.stringValue, "credits", "\(usage.text)")
            let models = try await client.get("/api/v1/models")
            expectEqual(models["items"]?[0]?["id"]?.stringValue, "gpt-4.1", "\(models.text)")
            expectEqual(models["items"]?[0]?["multiplier"]?.doubleValue, 0)
            let asked = try await client.newThread()
            for command in ["/status", "/usage"] {
                _ = try await client.ended(try await client.send(command, to: asked))
            }
            let texts = try await client.transcript(of: asked).map(\.text)
            expectEqual(texts.filter { $0.contains("credits: ") }.count, 2, "\(texts)")
            await host.kill()
        }
        await alice.quit()
        await server.stop()
    }
}
