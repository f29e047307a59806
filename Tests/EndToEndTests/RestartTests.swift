import EventLoop
import Glibc
import Primitives
import Processes
import TestSupport
import Testing

@Suite("restart", .timeLimit(.minutes(2)))
struct RestartTests {
    /// A host whose program a test can exchange, as a package manager does.
    @Net private static func host() async throws -> HostProcess {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell("cp '\(HostProcess.executable)' program")
        let host = try HostProcess(
            configuration: "gateway: {listen: \"127.0.0.1:0\"}\nrepositories: [{name: notes, path: notes}]\n",
            directory: directory, program: "\(directory.path)/program")
        try await host.start()
        return host
    }

    /// Asks for the health again and again, each time with a new connection, until a file exists; prints what failed.
    private static let load = """
        import os, socket, sys, threading
        host, port, stop = sys.argv[1].rsplit(":", 1)[0], int(sys.argv[1].rsplit(":", 1)[1]), sys.argv[2]
        done, faults = [0], []
        def ask():
            while not os.path.exists(stop):
                try:
                    with socket.create_connection((host, port), timeout=60) as s:
                        s.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                        answer = b""
                        while piece := s.recv(4096): answer += piece
                        if b"200" not in answer[:20] and b"400" not in answer[:20]: faults.append(repr(answer[:80]))
                        done[0] += 1
                except Exception as error: faults.append(repr(error))
                threading.Event().wait(0.05)
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(done[0] > 20, len(faults), faults[:3])
        """

    @Test("three times under requests: none is refused, no message is lost or doubled")
    func underLoad() async throws {
        let host = try await Self.host()
        let address = try #require(host.address)
        let client = try await GatewayClient(signingInAt: address, code: try #require(await host.code))
        let thread = try await client.newThread()
        let directory = host.directory
        directory.write("load.py", Self.load)
        let stop = "\(directory.path)/stop"
        async let load = Process.run(
            .tied("/usr/bin/python3", ["\(directory.path)/load.py", address, stop], environment: [:]))
        let id = await host.id
        for round in 1...3 {
            async let sent = client.ended(try await client.send("question \(round)", to: thread))
            let result = try await host.run(["restart", "--json"])
            #expect(result.status.isSuccess, "\(result.errorText)")
            _ = try await sent
            #expect(host.address == address)
        }
        directory.write("stop", "")
        #expect(try await load.text == "True 0 []\n")
        // The same process, for the service manager.
        #expect(await host.id == id)
        let texts = try await client.transcript(of: thread).map(\.text)
        for round in 1...3 { #expect(texts.filter { $0 == "question \(round)" }.count == 1, "\(texts)") }
        #expect(await host.terminate() == .exited(0))
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
        #expect(result.status == .exited(status), "\(result.errorText)")
        #expect(
            result.errorText.contains("the host serves on as it was") && result.errorText.contains(reason),
            "\(result.errorText)")
        let client = try await GatewayClient(
            signingInAt: try #require(host.address), code: try #require(await host.code))
        _ = try await client.newThread()
        #expect(await host.terminate() == .exited(0))
    }
}
