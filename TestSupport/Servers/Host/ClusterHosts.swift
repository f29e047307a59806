package import EventLoop
internal import Glibc
internal import JSON
internal import Primitives
package import Processes

/// Several hosts that share a model, a database and a folder of objects, each with its own data directory.
@Net package final class ClusterHosts {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package nonisolated let model: LoopbackModelServer
    package nonisolated let database: String
    private nonisolated let server: PostgreSQLServer
    private let shared: TemporaryDirectory
    package private(set) var hosts: [HostProcess] = []
    private var token = ""
    private let environment: [String: String]

    private static let lastDatabase = Protected(0)

    /// Starts `count` hosts, one after the other, so that the first one has the networks.
    ///
    /// - Parameters:
    ///   - behavior: The model's.
    ///   - more: Further lines of the configuration.
    ///   - servers: The one that gets the database, and those that may take over.
    ///   - ports: Of the database, if a host reaches it by another one.
    ///   - faults: Where hosts kill or stop themselves.
    package static func started(
        _ count: Int = 2, answering behavior: ModelBehavior, more: String = "",
        servers: [PostgreSQLServer] = [.shared], ports: [Int: Int] = [:],
        environment: [String: String] = [:], faults: [Int: String] = [:]
    ) async throws -> ClusterHosts {
        let cluster = try await ClusterHosts(
            count, answering: behavior, more: more, servers: servers, ports: ports, environment: environment)
        for number in 0..<count { try await cluster.start(number, fault: faults[number]) }
        let made = try await cluster.hosts[0].run(
            ["token", "create", "--name", "test", "--scope", "admin,chat,read", "--json"],
            environment: cluster.environment)
        cluster.token = try JSON.parse(made.output)["token"]?.stringValue ?? ""
        return cluster
    }

    private init(
        _ count: Int, answering behavior: ModelBehavior, more: String, servers: [PostgreSQLServer],
        ports: [Int: Int], environment: [String: String]
    ) async throws {
        self.model = try await LoopbackModelServer.started(behaviors: ["test": behavior])
        self.server = servers[0]
        self.environment = environment.merging(["PG_PASSWORD": PostgreSQLServer.password.reveal()]) { $1 }
        self.shared = try TemporaryDirectory()
        self.database =
            "cluster_"
            + Self.lastDatabase.withLock { last in
                last += 1
                return "\(getpid())_\(last)"
            }
        _ = try self.server.database(self.database)
        try TestFile.makeFolder(self.shared.path)
        try TestFile.write(String(repeating: "k7", count: 32), to: self.shared.path + "/key", mode: 0o600)
        for number in 0..<count {
            let addresses = (ports[number].map { [$0] } ?? servers.map(\.port)).map { "127.0.0.1:\($0)" }
                .joined(separator: ",")
            self.hosts.append(
                try HostProcess(
                    configuration: """
                        gateway: {listen: "127.0.0.1:0"}
                        model: {provider: openai, name: test, base_url: "\(self.model.baseURL)"}
                        store: {url: "postgres://jetbridge@\(addresses)/\(self.database)", password: {env: PG_PASSWORD}}
                        cluster: {name: host-\(number), key: {file: "\(self.shared.path)/key"}}
                        objects: {directory: "\(self.shared.path)/objects"}
                        repositories: [{name: notes, path: "\(self.shared.path)/notes"}]
                        \(more)

                        """))
        }
    }

    /// - Parameter more: Further variables of its environment.
    package func start(_ number: Int, fault: String? = nil, environment more: [String: String] = [:]) async throws {
        let environment = self.environment.merging(more) { $1 }
        try await self.hosts[number].start(fault: fault, environment: environment)
    }

    /// What the database answers to SQL, a row a line with `|` between the columns.
    ///
    /// - Parameter server: Nil for the one that got the database.
    package nonisolated func rows(_ sql: String, at server: PostgreSQLServer? = nil) throws -> [String] {
        try (server ?? self.server).run(sql, in: self.database).split(separator: "\n").map(String.init)
    }

    /// Who has which place, and since when.
    package nonisolated func places(at server: PostgreSQLServer? = nil) throws -> [String] {
        try self.rows("SELECT place, host, epoch FROM places ORDER BY place", at: server)
    }

    /// Gives the first host many threads of the web chat, as if it had served them.
    package func addThreads(_ count: Int) throws {
        _ = try self.rows(
            """
            INSERT INTO places (place, host, epoch, changed_at)
            SELECT 'web:many' || number, id, epoch, 0 FROM hosts, generate_series(1, \(count)) AS number
            WHERE id = 'host-0'
            """)
    }

    /// The owner at the gateway of one host.
    package func client(_ number: Int) throws -> GatewayClient {
        guard let address = self.hosts[number].address else { throw Failure(description: "the host has no address") }
        return GatewayClient(address: address, token: self.token)
    }

    /// Asks any gateway until one answers, as a proxy in front of the hosts would.
    package func anywhere<T: Sendable>(
        within limit: Duration = .seconds(30), _ body: @escaping @Sendable (GatewayClient) async throws -> T
    ) async throws -> T {
        let deadline = ContinuousClock.now + limit
        var number = Int.random(in: self.hosts.indices)
        while true {
            number = (number + 1) % self.hosts.count
            do {
                if let client = try? self.client(number) {
                    return try await withThrowingTaskGroup(of: T.self) { group in
                        group.addTask { try await body(client) }
                        group.addTask {
                            try await EventLoop.shared.sleep(for: .seconds(3))
                            throw Failure(description: "the gateway does not answer")
                        }
                        defer { group.cancelAll() }
                        guard let first = try await group.next() else { throw CancellationError() }
                        return first
                    }
                }
            } catch let failure as GatewayClient.Failure where failure.status != 503 {
                throw failure
            } catch  where ContinuousClock.now > deadline { throw error } catch {}
            try await EventLoop.shared.sleep(for: .milliseconds(100))
        }
    }

    /// Runs a command on one host's configuration.
    package func run(_ number: Int, _ arguments: [String]) async throws -> Process.Result {
        try await self.hosts[number].run(arguments, environment: self.environment)
    }

    /// - Parameter number: The host whose configuration is used; nil for any that runs.
    package func listed(
        by number: Int? = nil
    ) async throws -> [(name: String, state: String, threads: Int, adapters: [String])] {
        let result = try await self.run(number ?? self.running(), ["hosts", "--json"])
        guard result.status == .exited(0) else {
            throw Failure(description: "the list of hosts: \(result.status), \(result.text)\(result.errorText)")
        }
        let list = try JSON.parse(result.output)
        return (list["items"]?.arrayValue ?? []).map { item in
            (
                item["name"]?.stringValue ?? "", item["state"]?.stringValue ?? "", item["threads"]?.intValue ?? 0,
                item["adapters"]?.arrayValue?.compactMap(\.stringValue) ?? []
            )
        }
    }

    /// Checks the audit and ends all hosts and the model.
    package func finish() async throws {
        let verdict = try await self.run(self.running(), ["audit", "verify"])
        guard verdict.status == .exited(0) else {
            throw Failure(description: "the audit: \(verdict.text)\(verdict.errorText)")
        }
        for host in self.hosts where host.id != nil {
            let status = await host.terminate()
            guard status == .exited(0) else { throw Failure(description: "a host ended with \(status as Any)") }
        }
        await self.model.stop()
    }

    private func running() throws -> Int {
        guard let number = self.hosts.indices.first(where: { self.hosts[$0].id != nil }) else {
            throw Failure(description: "no host runs")
        }
        return number
    }
}
