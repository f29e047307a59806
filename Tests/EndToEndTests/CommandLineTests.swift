import EventLoop
import Glibc
import JSON
import Processes
import TestSupport
import Testing

/// The program as people and scripts call it.
@Suite("The command line", .timeLimit(.minutes(1)))
struct CommandLineTests {
    private static func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> Process.Result {
        let directory = try TemporaryDirectory()
        return try await HostProcess.run(arguments, in: directory.path, input: input, environment: environment)
    }

    @Test("version, for people and for scripts")
    func version() async throws {
        let plain = try await Self.run("version")
        #expect(plain.status == .exited(0) && plain.text.hasPrefix("jetbridge "))
        let json = try JSON.parse(try await Self.run("version", "--json").output)
        expectEqual(plain.text, "jetbridge \(json["version"]?.stringValue ?? "?")\n")
    }

    @Test(
        "wrong usage exits with 64 and one line that says what to do",
        arguments: [
            ["nonsense"], ["serve", "--nonsense"], ["pair", "--role", "king"], ["chat", "--model"], ["config"],
        ])
    func usage(arguments: [String]) async throws {
        let directory = try TemporaryDirectory()
        let result = try await HostProcess.run(arguments, in: directory.path)
        expectEqual(result.status, .exited(64))
        #expect(result.output.isEmpty)
        #expect(result.errorText.hasPrefix("jetbridge: ") && result.errorText.split(separator: "\n").count == 1)
        #expect(result.errorText.contains("--help"), "\(result.errorText)")
    }

    @Test("root acts as the owner of the data directory, so that the service can use what commands make")
    func root() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data"
        let owner = geteuid() == 0 ? 65_534 : geteuid()
        #expect(mkdir(data, 0o700) == 0 && chown(data, owner, gid_t.max) == 0)
        chmod(directory.path, 0o711)
        let result = try await HostProcess.run(["pair", "--data-dir", data], in: directory.path)
        expectEqual(result.status, .exited(0), "\(result.errorText)")
        var status = stat()
        #expect(stat(data + "/jetbridge.sqlite", &status) == 0 && status.st_uid == owner)
    }

    @Test("every command has help")
    func help() async throws {
        let all = try await Self.run("--help")
        expectEqual(all.status, .exited(0))
        for command in ["serve", "chat", "models", "doctor", "config", "sessions", "token", "pair", "usage", "version"]
        {
            #expect(all.text.contains(command))
            let own = try await Self.run(command, "--help")
            #expect(own.status == .exited(0) && !own.text.isEmpty)
        }
    }

    @Test("config check: status 78, and each error with its line, column and nearest key")
    func configCheck() async throws {
        let host = try await HostProcess(
            configuration: "gateway:\n  lisen: 127.0.0.1:0\nmodel: {api_key: sk-literal}\n")
        let wrong = try await host.run(["config", "check"])
        expectEqual(wrong.status, .exited(78))
        let path = host.configurationPath
        #expect(wrong.errorText.contains("\(path):2:3: gateway.lisen: unknown key; did you mean 'listen'?"))
        #expect(wrong.errorText.contains("\(path):3:"))
        #expect(!wrong.errorText.contains("sk-literal"))
        let json = try JSON.parse(try await host.run(["config", "check", "--json"]).output)
        expectEqual(json["ok"]?.boolValue, false)
        #expect(json["issues"]?[0]?["line"]?.intValue == 2 && json["issues"]?[0]?["column"]?.intValue == 3)

        let serve = try await host.run(["serve"])
        #expect(serve.status == .exited(78) && serve.output.isEmpty)
        let right = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await expectEqual(right.run(["config", "check"]).status, .exited(0))
    }

    @Test("config template prints a valid configuration")
    func template() async throws {
        let template = try await Self.run("config", "template")
        let host = try await HostProcess(configuration: template.text)
        try await expectEqual(host.run(["config", "check"]).status, .exited(0))
    }

    @Test("pair --json: a code that signs a browser in, once")
    func pair() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        // Without a role, nobody becomes an owner, and the command says how somebody does.
        let said = String(decoding: try await host.run(["pair"]).output, as: UTF8.self)
        #expect(said.contains("makes one person a member") && said.contains("jetbridge pair --role owner"))
        let pair = try JSON.parse(try await host.run(["pair", "--json"]).output)
        #expect(pair["role"]?.stringValue == "member" && pair["expires_at"]?.stringValue?.hasSuffix("Z") == true)
        let code = try #require(pair["code"]?.stringValue)
        expectEqual(code.utf8.count, 9)
        let address = try #require(host.address)
        let client = try await GatewayClient(signingInAt: address, code: code)
        try await expectEqual(client.get("/api/v1/me")["role"]?.stringValue, "member")
        await #expect(throws: GatewayClient.Failure.self) { try await GatewayClient(signingInAt: address, code: code) }
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("token create --json: a token that works until it is revoked; sessions list --json shows the thread")
    func token() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        let made = try JSON.parse(
            try await host.run(["token", "create", "--scope", "chat,read", "--json"]).output)
        expectEqual(made["scopes"]?.arrayValue?.compactMap(\.stringValue), ["chat", "read"])
        let secret = try #require(made["token"]?.stringValue)
        let client = GatewayClient(address: try #require(host.address), token: secret)
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("Hello there", to: thread))
        let sessions = try JSON.parse(try await host.run(["sessions", "list", "--json"]).output)
        #expect(sessions[0]?["id"]?.stringValue == thread && sessions[0]?["title"]?.stringValue == "Hello there")
        #expect(try await host.run(["sessions", "show", thread]).text.contains("You said: Hello there"))

        let deleted = try JSON.parse(try await host.run(["sessions", "delete", thread, "--json"]).output)
        #expect(deleted["id"]?.stringValue == thread && deleted["state"] == "deleted")
        try await expectEqual(client.answer("GET", "/api/v1/threads/\(thread)").status, 404)
        let unknown = try await host.run(["sessions", "delete", thread])
        #expect(unknown.status == .exited(1) && unknown.errorText.contains("there is no session '\(thread)'"))

        let listed = try await host.run(["token", "list"])
        #expect(listed.text.contains(made["id"]?.stringValue ?? "?") && !listed.text.contains(secret))
        let live = try await client.live()
        let begun = ContinuousClock.now
        try await expectEqual(host.run(["token", "revoke", made["id"]?.stringValue ?? ""]).status, .exited(0))
        try await expectEqual(live.next(), nil)
        // It looks at its credential by itself every 30 seconds.
        #expect(begun.duration(to: .now) < .seconds(20))
        await live.close()
        try await expectEqual(client.answer("GET", "/api/v1/threads").status, 401)
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("chat: one answer for a question, including piped input, whether or not a host is running")
    func chat() async throws {
        let model = try await LoopbackModelServer.started(behaviors: [
            "test": .echo, "401": .refusal(status: 401, code: "x", message: ""),
        ])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        for isServing in [false, true] {
            if isServing { try await host.start() }
            let result = try await host.run(["chat", "what", "is", "this"], input: "a diff\n")
            expectEqual(result.status, .exited(0))
            expectEqual(result.text, "You said: what is this\n\na diff\n", "\(result.errorText)")
            let json = try JSON.parse(try await host.run(["chat", "hi", "--json"]).output)
            #expect(json["state"]?.stringValue == "complete" && json["text"]?.stringValue == "You said: hi")
            let failed = try await host.run(["chat", "--model", "401", "hi"])
            #expect(failed.status == .exited(1) && failed.output.isEmpty)
            #expect(failed.errorText.contains("set model.api_key"), "\(failed.errorText)")
        }
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("doctor: all checks pass; a wrong key exits with 1 and says what to do")
    func doctor() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let model = try await LoopbackModelServer.started(apiKey: "sk-right", behaviors: ["test": .echo])
        let key = ", api_key: {env: KEY}"
        var text = HostConfiguration.irc(port: server.port, model)
        text = text.replacing("base_url: \"\(model.baseURL)\"", with: "base_url: \"\(model.baseURL)\"\(key)")
        let host = try await HostProcess(configuration: text)
        let well = try await host.run(["doctor"], environment: ["KEY": "sk-right"])
        expectEqual(well.status, .exited(0), "\(well.text)\(well.errorText)")
        #expect(well.errorText.isEmpty)
        for subject in ["store", "model", "repository notes", "irc:local"] {
            #expect(well.text.contains("\(subject): "))
        }

        let wrong = try await host.run(["doctor", "--json"], environment: ["KEY": "sk-wrong"])
        expectEqual(wrong.status, .exited(1))
        let lines = wrong.text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }
        let failed = lines.filter { $0["state"]?.stringValue == "failed" }
        expectEqual(failed.compactMap { $0["check"]?.stringValue }, ["model"])
        expectEqual(failed.first?["detail"]?.stringValue?.contains("set model.api_key"), true)
        #expect(!wrong.text.contains("sk-wrong"))

        await server.stop()
        let alone = try await host.run(["doctor"], environment: ["KEY": "sk-right"])
        #expect(alone.status == .exited(1) && alone.text.contains("irc:local: "))
        // The findings alone, without lines of the log.
        #expect(alone.errorText.split(separator: "\n").count == 1 && alone.errorText.hasPrefix("jetbridge: "))
        await model.stop()
    }

    @Test("the completions for bash are valid and complete commands")
    func completions() async throws {
        let script = try await Self.run("completions", "bash").text
        let question = """
            \(script)
            COMP_WORDS=(jetbridge do); COMP_CWORD=1; COMP_LINE='jetbridge do'; COMP_POINT=12
            $(complete -p jetbridge | sed 's/.*-F \\([^ ]*\\).*/\\1/') jetbridge do jetbridge
            echo "${COMPREPLY[@]}"
            """
        let plan = ProcessPlan("/bin/bash", ["-eu", "-c", question], environment: ["PATH": "/usr/bin:/bin"])
        let result = try await Process.run(plan)
        #expect(result.status == .exited(0) && result.errorOutput.isEmpty, "\(result.errorText)")
        expectEqual(result.text.split(separator: "\n").last, "doctor")
    }

    @Test("signals of one burst stop the host in order; HUP names what it applied and what it did not")
    func signals() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        try TestFile.write(
            "gateway: {listen: \"127.0.0.1:1\"}\nlog: {level: debug}\nlimits: {turns: 7}\n",
            to: host.configurationPath)
        await host.signal(SIGHUP)
        await host.waitForLog("not applied until the next start: gateway.listen, limits.turns")
        #expect(await host.log.contains("applied log.level; not applied until the next start"))
        await host.signal(SIGTERM)
        await host.signal(SIGINT)
        try await expectEqual(host.waitForEnd(), .exited(0))
        #expect(await !host.log.contains("cancelling everything"))
    }

    @Test("INT alone stops the host and the proxy in order, with the status of an interruption and without an error")
    func interruptedServices() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        await host.signal(SIGINT)
        try await expectEqual(host.waitForEnd(), .exited(130))
        let log = await host.log
        #expect(!log.contains("cancelling everything") && !log.contains("\njetbridge:"), "\(log)")

        // Nothing listens there, and nothing needs it.
        let proxy = try await ProxyProcess(upstream: "http://127.0.0.1:9")
        try await expectEqual(proxy.end(SIGINT), .exited(130))
        #expect(await !proxy.log.contains("jetbridge:"))
    }

    @Test("a signal in the middle of an answer ends chat with status 130 and leaves no token")
    func interruptedChat() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .stall(after: "Well, ")])
        let host = try await HostProcess(configuration: HostConfiguration.web(model))
        try await host.start()
        for signals in [[SIGTERM], [SIGHUP], [SIGINT], [SIGINT, SIGTERM]] {
            let plan = ProcessPlan.tied(
                HostProcess.executable,
                ["chat", "hi", "--config", host.configurationPath, "--data-dir", host.dataPath],
                environment: ["PATH": "/usr/bin:/bin", "HOME": host.directory.path])
            let chat = try await Process.spawn(plan)
            let first = try await chat.output.read()
            expectEqual(first.map { String(decoding: $0, as: UTF8.self) }, "Well, ")
            for signal in signals { await chat.signal(signal) }
            try await expectEqual(chat.exit(), .exited(130))
            #expect(try await !host.run(["token", "list"]).text.contains("jetbridge chat"))
        }
        // First, because the host waits for running answers, which never end here.
        await model.stop()
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("an empty store and a file as data directory: one line that says what is wrong and what to do")
    func unusableData() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await expectEqual(host.run(["token", "list"]).status, .exited(0))
        try TestFile.write("", to: "\(host.dataPath)/jetbridge.sqlite", mode: 0o600)
        let empty = try await host.run(["serve"])
        #expect(empty.status == .exited(1) && empty.errorText.contains("is empty (0 bytes)"), "\(empty.errorText)")
        let file = try await HostProcess.run(
            ["serve", "--data-dir", host.configurationPath], in: host.directory.path)
        #expect(file.status == .exited(1) && file.errorText.contains("it is a file, not a folder"), "\(file.errorText)")
    }
}
