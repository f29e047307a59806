import JSON
import Processes
import TestSupport
import Testing

/// Traces of the whole program, as OpenTelemetry's own types read them.
@Suite("Traces", .timeLimit(.minutes(3)))
struct TraceTests {
    /// Changes a file, runs a command, commits.
    private static let behavior = ModelBehavior.chosen { request in
        let end = request.messages.lastIndex { $0.role == "user" } ?? 0
        let steps: [ModelBehavior] = [
            .calls("I write it down.", [.call("write", ["path": "note.md", "text": "secret words\n"])]),
            .calls("I look.", [.call("shell", ["command": "grep -c secret note.md"])]),
            .calls("I commit.", [.call("commit", ["message": "Add a note"])]),
        ]
        let answers = request.messages[end...].count { $0.role == "assistant" }
        return answers < steps.count ? steps[answers] : .answer("All is done, in secret words.", chunkLength: 8)
    }

    private static func configuration(
        _ receiver: OTLPReceiver, _ model: LoopbackModelServer, _ more: String = ""
    ) async -> String {
        """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: openai, name: test, base_url: "\(model.baseURL)"}
        repositories: [{name: notes, path: notes}]
        approvals: {commands: allow, writes: allow}
        telemetry: {otlp: {endpoint: "\(await receiver.endpoint)"}}
        \(more)

        """
    }

    @Test("one trace leads from a message on Telegram over turn, model, tools, command and commit to the last edit")
    func telegram() async throws {
        let receiver = try await OTLPReceiver.started()
        let model = try await LoopbackModelServer.started(behaviors: ["test": Self.behavior])
        var settings = LoopbackTelegram.Settings()
        // Without a line about it, which would be posted first.
        settings.hasPrivacyMode = false
        let telegram = try await ServedTelegram(conversations: 2, settings: settings)
        let owners = telegram.owners.map { "\"\($0)\"" }.joined(separator: ", ")
        let host = try await HostProcess(
            configuration: await Self.configuration(
                receiver, model, "access: {owners: [\(owners)]}\nadapters:\n\(telegram.entry)"))
        try await host.start(environment: telegram.environment)
        try await telegram.say("/repo notes", in: 1)
        try await telegram.wait(in: 1, for: "the repository") { !$0.isEmpty }
        try await telegram.say("write secret words down", in: 1)
        try await telegram.wait(in: 1, for: "the answer") { $0.contains { $0.contains("All is done") } }
        await expectEqual(host.terminate(), .exited(0))
        let all = await receiver.spans
        let errors = await receiver.errors
        #expect(errors.isEmpty, "\(errors)")
        let turns = all.filter { $0.name == "invoke_agent jetbridge" }
        expectEqual(turns.count, 1)
        let turn = try #require(turns.first)
        let spans = all.filter { $0.trace == turn.trace }
        let byID = Dictionary(uniqueKeysWithValues: spans.map { ($0.id, $0) })
        func named(_ prefix: String) -> [OTLPReceiver.Span] { spans.filter { $0.name.hasPrefix(prefix) } }
        // One root, and every parent is there.
        expectEqual(spans.filter { byID[$0.parent] == nil }.map(\.name), ["receive telegram:bot"])
        expectEqual(byID[turn.parent]?.name, "receive telegram:bot")
        #expect(turn["jetbridge.turn.state"] == "complete" && turn["gen_ai.operation.name"] == "invoke_agent")
        expectEqual(turn["gen_ai.conversation.id"]?.stringValue?.hasPrefix("t_"), true)
        let chats = named("chat test")
        #expect(chats.count == 4 && chats.allSatisfy { $0.parent == turn.id })
        #expect(
            chats.allSatisfy {
                $0["gen_ai.provider.name"] == "openai" && $0["gen_ai.request.model"] == "test"
                    && ($0["gen_ai.usage.input_tokens"]?.intValue ?? 0) > 0
                    && ($0["gen_ai.response.time_to_first_chunk"]?.doubleValue ?? 0) > 0
                    && $0["server.address"] == "127.0.0.1"
            }, "\(chats.map(\.json))")
        expectEqual(chats.last?["gen_ai.response.finish_reasons"], ["stop"])
        // The model's endpoint can continue the trace.
        let sent = model.requests.compactMap(\.traceparent)
        expectEqual(Set(sent), Set(chats.map { "00-\(turn.trace)-\($0.id)-01" }))
        expectEqual(
            Set(named("execute_tool").map(\.name)),
            [
                "execute_tool write", "execute_tool shell", "execute_tool commit",
            ])
        #expect(named("execute_tool").allSatisfy { $0.parent == turn.id && $0["gen_ai.tool.call.id"] != nil })
        let command = try #require(named("run command").first)
        #expect(byID[command.parent]?.name == "execute_tool shell" && command["process.exit.code"] == 0)
        let commit = try #require(named("commit notes").first)
        expectEqual(byID[commit.parent]?.name, "execute_tool commit")
        expectEqual(commit["vcs.ref.head.revision"]?.stringValue?.utf8.count, 40)
        let messages = named("post telegram:bot") + named("edit telegram:bot")
        #expect(
            !named("post").isEmpty && !named("edit").isEmpty && messages.allSatisfy { $0.parent == turn.id },
            "\(spans.map(\.name))")
        // What people and models wrote stays here.
        #expect(!all.map(\.json.text).joined().contains("secret"))
        await telegram.stop()
        await model.stop()
        await receiver.stop()
    }

    @Test("a request to the API continues its caller's trace; a collector that hangs does not delay the answer")
    func requests() async throws {
        let receiver = try await OTLPReceiver.started()
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("Yes.")])
        let host = try await HostProcess(configuration: await Self.configuration(receiver, model))
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let posted = try await client.answer(
            "POST", "/api/v1/threads/\(thread)/messages", body: #"{"text": "Is it?"}"#,
            headers: ["traceparent": parent])
        expectEqual(posted.status, 202, "\(posted.text)")
        let spans = await receiver.waitForSpans { $0.contains { $0.name == "invoke_agent jetbridge" } }
        let trace = spans.filter { $0.trace == "0af7651916cd43dd8448eb211c80319c" }
        let request = try #require(trace.first { $0.name == "POST /api/v1/threads/{id}/messages" })
        #expect(request.parent == "b7ad6b7169203331" && request.json["kind"] == 2)
        let inbound = try #require(trace.first { $0.name.hasPrefix("receive web") })
        expectEqual(inbound.parent, request.id)
        expectEqual(trace.first { $0.name == "invoke_agent jetbridge" }?.parent, inbound.id)
        expectEqual(model.requests.last?.traceparent?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"), true)
        await receiver.stop()
        // Nobody takes anything any more.
        let ended = try await client.ended(try await client.send("And now?", to: thread))
        expectEqual(ended["state"], "complete")
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }
}
