import Extensions
import Glibc
import JSON
import Jail
import Primitives
import Processes
import TestSupport
import Testing

@Suite("Servers that are programs", .timeLimit(.minutes(2)))
struct ServerTests {
    @Test("both SDKs offer their tools and prompts", arguments: ServerScene.SDK.allCases)
    func offer(_ sdk: ServerScene.SDK) async throws {
        try await ServerScene.withOffice(sdk) { server in
            await expectEqual(server.status(), ExtensionStatus())
            let offer = try await server.offer()
            expectEqual(offer.era, sdk == .modern ? .modern : .legacy)
            expectEqual(offer.revision, sdk == .modern ? "2026-07-28" : "2025-11-25")
            expectEqual(offer.server.hasPrefix("office "), true, offer.server)
            expectEqual(offer.instructions, "Be kind.")
            let add = try #require(offer.tools.first)
            expectEqual(add.name, "add")
            expectEqual(add.description, "Adds two numbers.")
            expectEqual(add.schema["properties"]?["a"]?["type"], "integer")
            expectEqual(add.annotations["readOnlyHint"], true)
            let arguments = [ExtensionPrompt.Argument(name: "name", isRequired: true)]
            expectEqual(
                offer.prompts, [ExtensionPrompt(name: "greet", description: "Greets somebody.", arguments: arguments)])
            expectEqual(offer.hasResources, true)
            let status = await server.status()
            expectEqual(status.state, .running)
            expectEqual(status.era, offer.era)
            expectEqual((status.startTime ?? .zero) > .zero, true)
            expectEqual(status.lastError, nil)
            await expectEqual(try server.offer(), offer)
        }
    }

    @Test("texts, failures, pictures, prompts and resources", arguments: ServerScene.SDK.allCases)
    func results(_ sdk: ServerScene.SDK) async throws {
        try await ServerScene.withOffice(sdk) { server in
            let caller = ServerScene.caller
            await expectEqual(try server.call("add", ["a": 2, "b": 40], for: caller), ExtensionResult([.text("42")]))
            let failed = try await server.call("fail", [:], for: caller)
            expectEqual(failed.isError, true)
            expectEqual(failed.text.contains("the printer is on fire"), true, failed.text)
            guard case .image(let bytes, "image/png")? = try await server.call("picture", [:], for: caller).parts.first
            else {
                Issue.record("no picture")
                return
            }
            expectEqual(Array(bytes.prefix(4)), [0x89, 0x50, 0x4E, 0x47])
            let greeting = try await server.prompt("greet", ["name": "Ann"], for: caller)
            expectEqual(greeting, ExtensionResult([.text("Say hello to Ann.")]))
            let resources = try await server.resources(for: caller)
            expectEqual(resources.map(\.uri), ["note://today", "note://{day}"])
            expectEqual(resources.map(\.isTemplate), [false, true])
            await expectEqual(try server.read("note://today", for: caller), ExtensionResult([.text("Buy milk.")]))
            let refused = try await ServerScene.failure { try await server.read("note://a/b/c", for: caller) }
            if case .refused = refused.kind {} else { Issue.record("\(refused)") }
        }
    }

    @Test("calls run side by side, and progress is reported", arguments: ServerScene.SDK.allCases)
    func sideBySide(_ sdk: ServerScene.SDK) async throws {
        try await ServerScene.withOffice(sdk) { server in
            let seen = Protected<[ExtensionProgress]>([])
            let begun = Signal()
            let caller = ExtensionCaller(
                session: "s",
                progress: { progress in
                    seen.withLock { $0.append(progress) }
                    begun.signal()
                })
            let waiting = Task { try await server.call("wait", [:], for: caller) }
            await begun.wait()
            expectEqual(seen.withLock { $0 }, [ExtensionProgress(done: 0, total: nil, message: "waiting")])
            await expectEqual(try server.call("add", ["a": 1, "b": 1], for: ServerScene.caller).text, "2")
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            // The connection is as good as before.
            await expectEqual(try server.call("count", ["steps": 1_000], for: caller).text, "1000 steps")
            // Four a second at most, however fast they come.
            expectEqual(seen.withLock { $0.count } < 500, true)
            expectEqual(seen.withLock { $0.last?.total }, 1_000)
        }
    }

    @Test("a call that takes too long is cancelled, and says so")
    func late() async throws {
        try await ServerScene.withOffice(.modern, { $0.limits.call = .milliseconds(300) }) { server in
            _ = try await server.offer()
            let failure = try await ServerScene.failure { try await server.call("wait", [:], for: ServerScene.caller) }
            expectEqual(failure.kind, .late)
            expectEqual(failure.description.hasPrefix("office did not answer tools/call within"), true)
        }
    }

    // MARK: The jail

    @Test("a program sees the system, its own folder and the listed variables, and nothing else")
    func surroundings() async throws {
        setenv("JETBRIDGE_TEST_HIDDEN", "x", 1)
        try await ServerScene.withOffice(.modern, variables: ["TOKEN": Secret("abc123")]) { server in
            let text = try await server.call("surroundings", [:], for: ServerScene.caller).text
            // What it was configured with does not come back.
            expectEqual(text.contains("abc123"), false)
            let seen = try JSON.parse(text)
            expectEqual(seen["environment"]?["TOKEN"], "<redacted>")
            let names = Set(seen["environment"]?.objectValue?.keys ?? [])
            expectEqual(
                names.subtracting(["LC_CTYPE", "PWD", "SHLVL", "_", "OLDPWD"]),
                ["HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "TOKEN", "USER"])
            expectEqual(seen["environment"]?["HOME"], "/tmp")
            expectEqual(seen["home"], false)
            expectEqual(seen["directory"], "/tmp")
        }
    }

    @Test("with `files`, each thread has a jail with its workspace; without, one serves all")
    func files() async throws {
        let folder = try TemporaryDirectory()
        chmod(folder.path, 0o755)
        let identities = await ServerScene.means().identities
        let ended = Protected<[String]>([])
        func caller(_ session: String) throws -> ExtensionCaller {
            let workspace = "\(folder.path)/\(session)"
            mkdir(workspace, 0o755)
            let identity = try identities?.take()
            if let identity { chown(workspace, identity.user, identity.group) }
            let place = JailPlace(mount: WorkspaceMount(folder: workspace), identity: identity) {
                if let identity { identities?.release(identity) }
                ended.withLock { $0.append(session) }
            }
            return ExtensionCaller(session: session, workspace: place)
        }
        try await ServerScene.withRude("polite", { $0.files = .write }) { server in
            for session in ["a", "b"] {
                let text = try await server.call("write", ["name": "x", "text": "of \(session)"], for: caller(session))
                expectEqual(text.text, "written in /workspace beside x")
            }
            expectEqual(Survivors.text("\(folder.path)/a/x"), "of a")
            expectEqual(Survivors.text("\(folder.path)/b/x"), "of b")
            expectEqual(ended.withLock { $0 }, [])
            // The jail runs already, so the place is given back.
            _ = try await server.call("write", ["name": "y", "text": ""], for: caller("a"))
            expectEqual(ended.withLock { $0 }, ["a"])
        }
        expectEqual(ended.withLock { $0.sorted() }, ["a", "a", "b"])
        try await ServerScene.withRude("polite", { $0.files = .read }) { server in
            let refused = try await server.call("write", ["name": "y", "text": ""], for: caller("a"))
            expectEqual(refused.isError, true)
            expectEqual(refused.text.contains("Read-only file system"), true, refused.text)
        }
        try await ServerScene.withRude("polite") { server in
            let refused = try await server.call("write", ["name": "y", "text": ""], for: caller("a"))
            expectEqual(refused.isError, true)
        }
        expectEqual(ended.withLock { $0.count }, 5)
    }

    @Test("the servers of the protocol's authors work: time and git")
    func realServers() async throws {
        let bin = "\(PythonClients.root)/.cache/venv-mcp/bin"
        try await ServerScene.with(ServerScene.server(["\(bin)/mcp-server-time", "--local-timezone=Europe/Vienna"])) {
            let arguments: JSON = ["source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"]
            let result = try await $0.call("convert_time", arguments, for: ServerScene.caller)
            expectEqual(result.text.contains("21:00"), true, result.text)
            await expectEqual(try $0.offer().tools.map(\.name), ["get_current_time", "convert_time"])
        }
        try await ServerScene.with(ServerScene.server(["\(bin)/mcp-server-git"])) {
            let offer = try await $0.offer()
            expectEqual(offer.tools.count, 12)
            let result = try await $0.call("git_status", ["repo_path": "/nowhere"], for: ServerScene.caller)
            expectEqual(result.isError, true)
        }
    }

    @Test("commands that cannot be started say why")
    func refusedCommands() async throws {
        func reason(_ command: [String]) async throws -> String {
            let failure = try await ServerScene.failure { try await ServerScene.server(command).offer() }
            expectEqual(failure.kind, .down)
            return failure.description
        }
        await expectEqual(try reason(["docker", "run", "x"]).contains("root on this machine"), true)
        await expectEqual(try reason(["/usr/bin/docker"]).contains("root on this machine"), true)
        await expectEqual(try reason(["./server"]).contains("write the whole path"), true)
        await expectEqual(try reason(["no-such-server"]).contains("is not a program in /usr/local/bin"), true)
        await expectEqual(try reason(["/nowhere/server"]).contains("install it"), true)
        await expectEqual(try reason([]).contains("is not a program"), true)
    }

    @Test("a server that nobody uses is stopped, and started again at the next call")
    func idle() async throws {
        var times = ExtensionServer.Times()
        times.idle = .milliseconds(50)
        let command = ["python3", "\(ServerScene.fixtures)/rude.py", "polite"]
        try await ServerScene.with(ServerScene.server(command, times: times)) { server in
            for _ in 0..<2 {
                await expectEqual(try server.call("go", [:], for: ServerScene.caller).text, "gone")
                try await eventually("it is idle") { await server.status().state == .idle }
            }
        }
    }

    // MARK: The end

    private static let variable = "JETBRIDGE_TEST_EXTENSION_HOST"

    @Test("a host that is killed leaves no process of a server")
    func killed() async throws {
        let mark = Survivors.mark()
        var plan = ProcessPlan(
            "/proc/self/exe",
            ["--testing-library", "swift-testing", "--no-parallel", "--filter", "ServerTests/host"],
            environment: [Self.variable: mark, "PATH": "/usr/bin:/bin"])
        plan.standardOutput = .null
        plan.standardError = .null
        let host = try await Process.spawn(plan)
        _ = try await Survivors.wait(mark, atLeast: 1)
        await host.signal(SIGKILL)
        _ = try await host.exit()
        try await Survivors.waitForNone(mark)
        ServerScene.removePrograms(of: await host.id)
    }

    /// The host of the test above; does nothing in an ordinary run.
    @Test("the host that is killed")
    func host() async throws {
        guard let mark = getenv(Self.variable).map({ String(cString: $0) }) else { return }
        let command = ["python3", "\(ServerScene.fixtures)/rude.py", "deaf", mark]
        _ = try await ServerScene.server(command).offer()
    }
}
