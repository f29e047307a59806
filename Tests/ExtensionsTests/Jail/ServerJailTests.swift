import Extensions
import Glibc
import JSON
import Jail
import Primitives
import Processes
import Sandbox
import TestSupport
import Testing

@Suite("The jails of servers", .timeLimit(.minutes(2)))
struct ServerJailTests {
    @Test("a server that wants a repository at its start lists its tools without a workspace")
    func listing() async throws {
        let git = ServerScene.SDK.modern.python.replacing("/python", with: "/mcp-server-git")
        let server = ServerScene.server([git, "--repository", "/workspace"]) { $0.files = .read }
        try await ServerScene.with(server) { server in
            let names = try await server.offer().tools.map(\.name)
            #expect(names.contains("git_status"), "\(names)")
            let result = try await server.call("git_status", ["repo_path": "/workspace"], for: ServerScene.caller)
            #expect(result.text.contains("No commits yet"), "\(result.text)")
        }
    }

    /// Says how often it was started with what it has kept, and who it is.
    private static let counting = #"""
        #!/usr/bin/python3
        import json, os, sys
        path = os.environ["UV_CACHE_DIR"] + "/starts"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "a").write("x")
        words = str(os.path.getsize(path)) + " " + str(os.getuid()) + " " + os.environ["npm_config_cache"]
        for line in sys.stdin:
            message = json.loads(line)
            if "id" not in message: continue
            answer = {"jsonrpc": "2.0", "id": message["id"]}
            if message["method"] == "initialize":
                answer["result"] = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                    "serverInfo": {"name": "counting", "version": "1"}}
            elif message["method"] == "tools/list":
                answer["result"] = {"tools": [{"name": "go", "description": words, "inputSchema": {"type": "object"}}]}
            else:
                answer["error"] = {"code": -32601, "message": "no"}
            print(json.dumps(answer), flush=True)
        """#

    @Test("what uvx has downloaded stays from one start to the next, and is the server's alone")
    func cache() async throws {
        let folder = try TemporaryDirectory()
        try TestFile.write(Self.counting, to: "\(folder.path)/uvx", mode: 0o755)
        chmod(folder.path, 0o755)
        var settings = ExtensionSettings(
            name: "counting", way: .program(["\(folder.path)/uvx", "server"], variables: [:]))
        #expect(settings.startRemark?.contains("anew at every start") == true)
        for start in ["1", "2", "3"] {
            try await ServerScene.with(ServerScene.server(settings)) { server in
                await expectEqual(try server.offer().tools.first?.description, "\(start) 1000 /cache/npm")
            }
        }
        settings = ExtensionSettings(name: "other", way: settings.way)
        try await ServerScene.with(ServerScene.server(settings)) { server in
            await expectEqual(try server.offer().tools.first?.description, "1 1000 /cache/npm")
        }
        let programs = try #require(await ServerScene.means().programs)
        _ = try await Process.run(ProcessPlan("/bin/rm", ["-r", "\(programs.folder)/../extension-caches"]))
    }

    @Test("programs that are installed have no cache and nothing to remark")
    func installed() {
        let settings = ExtensionSettings(name: "git", way: .program(["/opt/uvx-like/git"], variables: [:]))
        expectEqual(settings.startRemark, nil)
    }
}
