import EventLoop
import Glibc
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// Several hosts that share a database and a folder of objects, each with its own data directory.
@Net final class ClusterHosts {
    nonisolated let model: LoopbackModelServer
    nonisolated let database: String
    private let shared: TemporaryDirectory
    private(set) var hosts: [HostProcess] = []
    private var token = ""

    private static let environment = ["PG_PASSWORD": PostgreSQLServer.password.reveal()]
    private static let lastDatabase = Protected(0)

    /// Starts `count` hosts, one after the other, so that the first one has the networks.
    ///
    /// - Parameters:
    ///   - more: Further lines of the configuration.
    ///   - ports: Of the database, if a host reaches it by another one.
    static func started(
        _ count: Int = 2, model: LoopbackModelServer, more: String = "", ports: [Int: Int] = [:]
    ) async throws -> ClusterHosts {
        let cluster = try await ClusterHosts(count, model: model, more: more, ports: ports)
        for number in 0..<count { try await cluster.start(number) }
        let made = try await cluster.hosts[0].run(
            ["token", "create", "--name", "test", "--scope", "admin,chat,read", "--json"], environment: Self.environment
        )
        cluster.token = try JSON.parse(made.output)["token"]?.stringValue ?? ""
        return cluster
    }

    private init(_ count: Int, model: LoopbackModelServer, more: String, ports: [Int: Int]) async throws {
        self.model = model
        self.shared = try TemporaryDirectory()
        self.database =
            "cluster_"
            + Self.lastDatabase.withLock { last in
                last += 1
                return "\(getpid())_\(last)"
            }
        _ = try PostgreSQLServer.shared.database(self.database)
        try TestFile.makeFolder(self.shared.path)
        try TestFile.write(String(repeating: "k7", count: 32), to: self.shared.path + "/key", mode: 0o600)
        for number in 0..<count {
            let port = ports[number] ?? PostgreSQLServer.shared.port
            self.hosts.append(
                try HostProcess(
                    configuration: """
                        gateway: {listen: "127.0.0.1:0"}
                        model: {provider: openai, name: test, base_url: "\(model.baseURL)"}
                        store: {url: "postgres://jetbridge@127.0.0.1:\(port)/\(self.database)", password: {env: PG_PASSWORD}}
                        cluster: {name: host-\(number), key: {file: "\(self.shared.path)/key"}}
                        objects: {directory: "\(self.shared.path)/objects"}
                        repositories: [{name: notes, path: "\(self.shared.path)/notes"}]
                        \(more)

                        """))
        }
    }

    func start(_ number: Int, fault: String? = nil) async throws {
        try await self.hosts[number].start(fault: fault, environment: Self.environment)
    }

    /// The owner at the gateway of one host.
    func client(_ number: Int) throws -> GatewayClient {
        GatewayClient(address: try #require(self.hosts[number].address), token: self.token)
    }

    /// Runs a command on one host's configuration.
    func run(_ number: Int, _ arguments: [String]) async throws -> Process.Result {
        try await self.hosts[number].run(arguments, environment: Self.environment)
    }

    func listed() async throws -> [(name: String, state: String, threads: Int, adapters: [String])] {
        let running = try #require(self.hosts.indices.first { self.hosts[$0].id != nil })
        let list = try JSON.parse(try await self.run(running, ["hosts", "--json"]).output)
        return (list["items"]?.arrayValue ?? []).map { item in
            (
                item["name"]?.stringValue ?? "", item["state"]?.stringValue ?? "", item["threads"]?.intValue ?? 0,
                item["adapters"]?.arrayValue?.compactMap(\.stringValue) ?? []
            )
        }
    }

    /// Checks the audit and ends all hosts.
    func finish() async throws {
        let running = try #require(self.hosts.indices.first { self.hosts[$0].id != nil })
        let verdict = try await self.run(running, ["audit", "verify"])
        #expect(verdict.status == .exited(0), "\(verdict.text)\(verdict.errorText)")
        for host in self.hosts where host.id != nil { #expect(await host.terminate() == .exited(0)) }
    }
}
