import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

@Suite("restart", .timeLimit(.minutes(2)))
struct RestartTests {
    /// A host whose program a test can exchange, as a package manager does.
    @Net private static func host(_ configuration: String = "gateway: {listen: \"127.0.0.1:0\"}\n") async throws
        -> HostProcess
    {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("cp '\(HostProcess.executable)' program")
        let host = try HostProcess(
            configuration: configuration, directory: directory, program: "\(directory.path)/program")
        try await host.start()
        return host
    }

    /// Three clients with a new connection for each request, and four event streams that resume, until a file exists. Prints
    /// what failed, and of each stream how many operations it saw complete and how many events came twice.
    private static let load = """
        import json, os, socket, sys, threading, time
        (host, port), token, stop = sys.argv[1].rsplit(":", 1), sys.argv[2], sys.argv[3]
        faults, requests, longest, streams = [], [0], [0.0], []
        def connected(path, *lines):
            s = socket.create_connection((host, int(port)), timeout=60)
            head = [f"GET {path} HTTP/1.1", "Host: " + host, "Authorization: Bearer " + token, "Connection: close", *lines]
            s.sendall(("\\r\\n".join(head) + "\\r\\n\\r\\n").encode())
            return s
        def ask():
            while not os.path.exists(stop):
                begin = time.monotonic()
                try:
                    with connected("/api/v1/threads") as s:
                        answer = b""
                        while piece := s.recv(4096): answer += piece
                        json.loads(answer.split(b"\\r\\n\\r\\n", 1)[1])
                        requests[0] += 1
                except Exception as error: faults.append(repr(error))
                longest[0] = max(longest[0], time.monotonic() - begin)
                time.sleep(0.05)
        def watch():
            seen, done, last, twice = set(), set(), None, 0
            while not os.path.exists(stop):
                try:
                    with connected("/api/v1/events", *([f"Last-Event-ID: {last}"] if last else [])) as s:
                        s.settimeout(0.5)
                        text = b""
                        while not os.path.exists(stop):
                            try: piece = s.recv(4096)
                            except TimeoutError: continue
                            if not piece: break
                            text += piece
                            *events, text = text.split(b"\\n\\n")
                            for event in events:
                                fields = dict(l.split(b": ", 1) for l in event.splitlines() if b": " in l)
                                if b"id" in fields: last = fields[b"id"].decode()
                                if fields.get(b"event") == b"reset": faults.append("reset")
                                if b"data" not in fields: continue
                                twice += last in seen
                                seen.add(last)
                                document = json.loads(fields[b"data"])
                                if fields[b"event"] == b"operation" and document["state"] == "complete": done.add(document["id"])
                except Exception as error: faults.append(repr(error))
            streams.append([len(done), twice])
        threads = [threading.Thread(target=t) for t in [ask] * 3 + [watch] * 4]
        for t in threads: t.start()
        for t in threads: t.join()
        print(json.dumps({"requests": requests[0], "longest": longest[0], "faults": faults[:3], "streams": streams}))
        """

    /// JETBRIDGE_RESTARTS: another number of restarts.
    @Test("three times under load: no request is refused, nothing is lost or doubled")
    func underLoad() async throws {
        let rounds = getenv("JETBRIDGE_RESTARTS").flatMap { Int(String(cString: $0)) } ?? 3
        let server = try await NgIRCd(hasPenalty: false)
        // Two seconds long, so that each is cut unless the restart waits for it.
        let model = try await LoopbackModelServer.started(
            behaviors: ["test": .answer("The answer has come to its very end.", rate: 4, chunkLength: 4)])
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join("#team")
        let host = try await Self.host(HostConfiguration.irc(port: server.port, model))
        let address = try #require(host.address)
        let client = try await host.signIn()
        let thread = try await client.newThread()
        let token = try await host.run(["token", "create", "--name", "load", "--scope", "read"])
            .text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        let directory = host.directory
        directory.write("load.py", Self.load)
        let stop = "\(directory.path)/stop"
        async let load = Process.run(
            .tied("/usr/bin/python3", ["\(directory.path)/load.py", address, token ?? "", stop], environment: [:]))
        try await alice.waitForJoin(of: "jetbot")
        let id = await host.id
        for round in 1...rounds {
            let operation = try await client.send("question \(round)", to: thread)
            try await alice.say("jetbot: question \(round)", to: "#team")
            while model.answersUnderWay < 2 { try await Task.sleep(for: .milliseconds(10)) }
            // Neither program has answered the question before once more.
            if round > 1 { expectEqual(alice.heard(from: "jetbot", in: "#team").count, 1) }
            alice.forget()
            let result = try await host.run(["restart", "--json"])
            #expect(result.status.isSuccess, "\(result.errorText)")
            try await expectEqual(client.ended(operation)["state"], "complete")
            expectEqual(host.address, address)
            let answers = try await alice.listen(to: "jetbot", in: "#team") { !$0.isEmpty }
            expectEqual(answers.count, 1)
        }
        directory.write("stop", "")
        let report = try await JSON.parse(Array(load.text.utf8))
        print("restarts: \(rounds), \(report.text)")
        expectEqual(report["faults"], [])
        expectEqual(report["streams"], JSON.array(Array(repeating: [JSON(2 * rounds), 0], count: 4)))
        // The same process, for the service manager.
        await expectEqual(host.id, id)
        let texts = try await client.transcript(of: thread).map(\.text)
        for round in 1...rounds { expectEqual(texts.filter { $0 == "question \(round)" }.count, 1, "\(texts)") }
        expectEqual(texts.count, 2 * rounds)
        await expectEqual(host.terminate(), .exited(0))
        expectEqual(alice.heard(from: "jetbot", in: "#team").count, 1)
        await model.stop()
        await server.stop()
    }

    @Test("a line in a channel every 0.25 s: each is answered once, and the channel sees no restart")
    func channel() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join("#team")
        let host = try await Self.host(HostConfiguration.irc(port: server.port, model))
        try await alice.waitForJoin(of: "jetbot")
        alice.forget()
        let isOver = Protected(false)
        async let restarted: Void = {
            try await Task.sleep(for: .seconds(1))
            let result = try await host.run(["restart", "--json"])
            #expect(result.status.isSuccess, "\(result.errorText)")
            isOver.withLock { $0 = true }
        }()
        var said: [String] = []
        while !isOver.withLock({ $0 }) || said.count < 12 {
            said.append("line \(said.count + 1)")
            try await alice.say("jetbot: \(said.last ?? "")", to: "#team")
            try await Task.sleep(for: .milliseconds(250))
        }
        try await restarted
        let last = said.last ?? ""
        let lines = try await alice.listen(to: "jetbot", in: "#team") { $0.last?.hasSuffix(last) == true }
        // On a slow machine a line may arrive before the previous one is answered: then they are answered together.
        let answers = IRCPeer.attributed(lines, to: ["alice"]).map(\.text)
            .filter { !$0.hasPrefix("I am still answering;") }
        expectEqual(answers.map { $0.replacing("You said: ", with: "") }, said)
        #expect(!alice.received.contains { $0.contains(" QUIT ") || $0.contains(" JOIN ") }, "\(alice.received)")
        await expectEqual(host.terminate(), .exited(0))
        _ = try await alice.expect { $0.hasPrefix(":jetbot!") && $0.contains(" QUIT ") }
        await model.stop()
        await server.stop()
    }

    @Test(
        "a program that fails, or a configuration with an error, leaves the host serving",
        arguments: [
            ("#!/bin/sh\necho broken >&2\nexit 3\n", nil, Int32(1), "exit status 3: broken"),
            ("no program", nil, 1, "cannot be run"),
            (nil, "nonsense: 1\n", 78, "unknown key"),
        ] as [(String?, String?, Int32, String)])
    func refused(_ program: String?, _ configuration: String?, _ status: Int32, _ reason: String) async throws {
        let host = try await Self.host()
        if let program {
            unlink("\(host.directory.path)/program")
            host.directory.write("program", program, mode: 0o700)
        }
        let place = "\(host.directory.path)/jetbridge.yaml"
        if let configuration { host.directory.write("jetbridge.yaml", configuration) }
        let result = try await HostProcess.run(
            ["restart", "--data-dir", host.dataPath] + (configuration == nil ? ["--config", place] : []),
            in: "/")
        expectEqual(result.status, .exited(status), "\(result.errorText)")
        #expect(
            result.errorText.contains("the host serves on as before") && result.errorText.contains(reason),
            "\(result.errorText)")
        let client = try await host.signIn()
        _ = try await client.newThread()
        await expectEqual(host.terminate(), .exited(0))
    }
}
