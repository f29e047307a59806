import EventLoop
import Glibc
import JSON
import Processes
import TestSupport
import Testing

/// `jetbridge NAME` with a program on the path, beside a real host.
@Suite("Programs as commands", .timeLimit(.minutes(1)))
struct ProgramCommandTests {
    private struct Scene {
        let host: HostProcess
        var bin: String { "\(self.host.directory.path)/bin" }

        /// - Parameter script: What `jetbridge-probe` does.
        @Net init(manifest: String? = #"{"summary": "Probe", "scopes": ["read"]}"#, _ script: String) throws {
            self.host = try HostProcess(
                configuration: "gateway: {listen: \"127.0.0.1:0\"}\nmodel: {provider: rehearsal}\n")
            mkdir(self.bin, 0o755)
            try TestFile.write(self.host.configuration, to: self.host.configurationPath)
            let answer = manifest.map { "echo '\($0)'; exit 0" } ?? "exit 1"
            try TestFile.write(
                "#!/bin/sh\nif [ \"$1\" = --jetbridge-manifest ]; then \(answer); fi\n\(script)\n",
                to: "\(self.bin)/jetbridge-probe", mode: 0o755)
        }

        var environment: [String: String] {
            [
                "PATH": "\(self.bin):/usr/local/bin:/usr/bin:/bin", "JETBRIDGE_CONFIG": self.host.configurationPath,
                "JETBRIDGE_DATA_DIR": self.host.dataPath, "USER": "ada",
            ]
        }

        func run(_ words: String..., input: String = "") async throws -> Process.Result {
            try await HostProcess.run(
                words, in: self.host.directory.path, input: input, environment: self.environment)
        }

        /// Begins `jetbridge probe`, and waits until it has printed a line.
        @Net func begin() async throws -> (process: Process, line: String) {
            var all = self.environment
            all["HOME"] = self.host.directory.path
            let process = try Process.spawn(
                ProcessPlan.tied(
                    HostProcess.executable, ["probe"], environment: all, directory: self.host.directory.path))
            var line = ""
            while !line.hasSuffix("\n"), let bytes = try await process.output.read() {
                line += String(decoding: bytes, as: UTF8.self)
            }
            return (process, String(line.dropLast()))
        }
    }

    private static let status =
        "curl -s -o /dev/null -w '%{http_code}\\n' -H \"Authorization: Bearer $JETBRIDGE_TOKEN\""

    @Test(
        "it gets the host's address and a token with its manifest's scopes, which ends with it; status and input are its own"
    )
    func token() async throws {
        let scene = try await Scene(
            """
            \(Self.status) "$JETBRIDGE_URL/api/v1/threads"
            \(Self.status) -X POST -d '{}' -H 'Content-Type: application/json' "$JETBRIDGE_URL/api/v1/threads"
            echo "$JETBRIDGE_TOKEN"; jetbridge token list --json; echo "$@"; cat; exit 7
            """)
        let program = HostProcess.executable
        symlink(program, "\(scene.bin)/jetbridge")
        try await scene.host.start()
        let result = try await scene.run("probe", "--json", "a b", input: "typed")
        expectEqual(result.status, .exited(7), "\(result.errorText)")
        let lines = result.text.split(separator: "\n").map(String.init)
        try #require(lines.count == 6, "\(result.text) \(result.errorText)")
        expectEqual(Array(lines[0...1]), ["200", "403"])
        let tokens = try JSON.parse(lines[3]).arrayValue ?? []
        let own = try #require(tokens.first { $0["name"]?.stringValue == "jetbridge probe" }, "\(lines[3])")
        expectEqual(own["scopes"], ["read"])
        // Also if nobody is left to revoke it.
        #expect(own["expires_at"]?.stringValue != nil)
        expectEqual(Array(lines[4...5]), ["--json a b", "typed"])
        let left = try await scene.run("token", "list", "--json")
        #expect(!left.text.contains("jetbridge probe"))
        let address = try #require(scene.host.address)
        let answer = try await Process.run(
            ProcessPlan(
                "/usr/bin/curl",
                [
                    "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Authorization: Bearer \(lines[2])",
                    "http://\(address)/api/v1/threads",
                ]))
        expectEqual(answer.text, "401")
        await expectEqual(scene.host.terminate(), .exited(0))
    }

    @Test("without a manifest it has no token, and with unknown scopes it is not run")
    func manifests() async throws {
        let bare = try await Scene(manifest: nil, "echo \"${JETBRIDGE_TOKEN-none} $JETBRIDGE_URL\"")
        let result = try await HostProcess.run(
            ["probe"], in: bare.host.directory.path,
            environment: bare.environment.merging(["JETBRIDGE_TOKEN": "jb_old"]) { $1 })
        #expect(result.status == .exited(0) && result.text.hasPrefix("none http"), "\(result.text) \(result.errorText)")
        let wide = try await Scene(manifest: #"{"summary": "x", "scopes": ["read", "root"]}"#, "echo ran")
        let refused = try await wide.run("probe")
        #expect(refused.status == .exited(1) && refused.output.isEmpty, "\(refused.text)")
        #expect(
            refused.errorText.contains("asks for the scope 'root', which does not exist. The scopes are read, chat"))
        let unknown = try await wide.run("prob")
        expectEqual(unknown.status, .exited(64))
    }

    @Test("signals reach it, and the command ends as it does")
    func signals() async throws {
        for (script, signal, status) in [
            ("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done", SIGTERM, ProcessStatus.exited(3)),
            ("trap 'exit 4' INT; echo ready; while :; do sleep 0.01; done", SIGINT, .exited(4)),
            ("echo ready; exec sleep 60", SIGTERM, .killed(SIGTERM)),
        ] {
            let scene = try await Scene(manifest: nil, script)
            let ended = try await Task { @Net in
                let (process, line) = try await scene.begin()
                expectEqual(line, "ready")
                // Not to the group, whose members all have it then.
                kill(process.id, signal)
                return try await process.exit()
            }.value
            expectEqual(ended, status, script)
        }
    }

    @Test("it has the terminal: what is typed, its Ctrl-C, and stops with it")
    func terminal() async throws {
        let scene = try await Scene(
            """
            trap 'echo caught' INT; printf 'name? '; read name; echo "hello $name"; printf 'wait? '
            read rest || read rest; echo "got $rest"; test -t 0 && test -t 1 && exit 5
            """)
        let steps: JSON = [["name? ", "Ada\r"], ["wait? ", "\u{3}"], ["caught", "done\r"], ["got done", ""]]
        var all = scene.environment
        all.merge(["HOME": scene.host.directory.path, "TERM": "xterm"]) { $1 }
        let plan = ProcessPlan.tied(
            "/usr/bin/python3",
            [
                "\(PythonClients.root)/Tests/EndToEndTests/terminal/type.py", steps.text, HostProcess.executable,
                "probe",
            ],
            environment: all)
        let result = try await Process.run(plan)
        #expect(result.text.hasSuffix("5\n") && result.text.contains("hello Ada"), "\(result.text) \(result.errorText)")
    }
}
