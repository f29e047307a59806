import JSON
import Processes
import TestSupport
import Testing

/// A host with a repository whose threads run commands in the real jail.
struct CommandScene {
    let host: HostProcess
    let model: LoopbackModelServer

    /// `make test` writes one line, waits for a file `go` and writes another.
    private static let makefile =
        "test:\n\t@echo first; while ! [ -e go ]; do sleep 0.05; done; echo second\n"

    /// `more` is appended to the configuration: access and networks.
    static func start(_ more: String = "", environment: [String: String] = [:]) async throws -> CommandScene {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let directory = try TemporaryDirectory()
        let project = directory.path + "/project"
        try RealGit("/").shell("mkdir -p \(project)/sub && echo kept > \(project)/sub/kept.txt")
        try TestFile.write(Self.makefile, to: project + "/Makefile")
        try RealGit(project)("init -q && git add -A && git commit -qm Start")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: openai, name: test, base_url: "\(model.baseURL)"}
                repositories: [{name: project, path: "\(project)"}]
                \(more)
                """, directory: directory)
        try await host.start(environment: environment)
        return CommandScene(host: host, model: model)
    }

    func isHealthy() async throws -> Bool {
        let stranger = GatewayClient(strangerAt: try #require(self.host.address))
        return try await stranger.answer("GET", "/healthz").json == ["status": "ok"]
    }

    /// Lets `make test` go on.
    func letGo() throws { try RealGit(self.host.dataPath).shell("for it in workspaces/*/files; do touch $it/go; done") }

    /// The control groups that the host made for jails. None where limits are held by other means.
    func controlGroups(of host: Int32) throws -> String {
        try RealGit("/sys/fs/cgroup").shell("find . -type d -name 'jetbridge-*-\(host)-*' 2>/dev/null | sort; true")
    }

    func stop() async {
        await expectEqual(self.host.terminate(), .exited(0))
        await self.model.stop()
    }

    /// Whether a line is the last one of a command: `exit 0 · 1.2 s`.
    static func isExit(_ line: String, _ status: Int? = nil) -> Bool {
        guard let match = line.wholeMatch(of: /exit (\d+) · \d+\.\d s/) else { return false }
        return status.map { "\($0)" == match.1 } ?? true
    }
}
