package import EventLoop
internal import Glibc
internal import JSON
internal import Primitives
package import Processes

/// Several hosts that share a database and a folder of objects, each with its own data directory.
@Net package final class ClusterHosts {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package nonisolated let model: LoopbackModelServer
    private nonisolated let database: String
    private let shared: TemporaryDirectory
    package private(set) var hosts: [HostProcess] = []
    private var token = ""

    private static let environment = ["PG_PASSWORD": PostgreSQLServer.password.reveal()]
    private static let lastDatabase = Protected(0)

    /// Starts `count` hosts, one after the other, so that the first one has the networks.
    ///
    /// - Parameters:
    ///   - more: Further lines of the configuration.
    ///   - ports: Of the database, if a host reaches it by another one.
    package static func started(
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

    package func start(_ number: Int, fault: String? = nil) async throws {
        try await self.hosts[number].start(fault: fault, environment: Self.environment)
    }

    /// The owner at the gateway of one host.
    package func client(_ number: Int) throws -> GatewayClient {
        guard let address = self.hosts[number].address else { throw Failure(description: "the host has no address") }
        return GatewayClient(address: address, token: self.token)
    }

    /// Runs a command on one host's configuration.
    package func run(_ number: Int, _ arguments: [String]) async throws -> Process.Result {
        try await self.hosts[number].run(arguments, environment: Self.environment)
    }

    package func listed() async throws -> [(name: String, state: String, threads: Int, adapters: [String])] {
        let list = try JSON.parse(try await self.run(self.running(), ["hosts", "--json"]).output)
        return (list["items"]?.arrayValue ?? []).map { item in
            (
                item["name"]?.stringValue ?? "", item["state"]?.stringValue ?? "", item["threads"]?.intValue ?? 0,
                item["adapters"]?.arrayValue?.compactMap(\.stringValue) ?? []
            )
        }
    }

    /// Checks the audit and ends all hosts.
    package func finish() async throws {
        let verdict = try await self.run(self.running(), ["audit", "verify"])
        guard verdict.status == .exited(0) else {
            throw Failure(description: "the audit: \(verdict.text)\(verdict.errorText)")
        }
        for host in self.hosts where host.id != nil {
            let status = await host.terminate()
            guard status == .exited(0) else { throw Failure(description: "a host ended with \(status as Any)") }
        }
    }

    private func running() throws -> Int {
        guard let number = self.hosts.indices.first(where: { self.hosts[$0].id != nil }) else {
            throw Failure(description: "no host runs")
        }
        return number
    }
}
