internal import Chat
internal import Cluster
internal import Database
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Store

/// Checks what the hosts of a cluster need in common.
struct ClusterFindings {
    private static let subject = "cluster"
    /// In milliseconds.
    private static let clockTolerance: Int64 = 2_000

    let configuration: Configuration
    let directory: DataDirectory

    /// Nothing for a host that is alone.
    func findings() async -> [Finding] {
        guard let settings = self.configuration.cluster else { return [] }
        do {
            let database = try Stores.open(self.configuration)
            let findings = try await self.findings(settings, database)
            await database.close()
            return findings
        } catch {
            return [Finding(Self.subject, .failed, "\(error)")]
        }
    }

    private func findings(_ settings: Configuration.Cluster, _ database: Database) async throws -> [Finding] {
        var findings: [Finding] = []
        let store = SessionStore(database: database)
        let isKnown = try await store.read { ledger in try ledger.memory(of: SealedBox.probe) != nil }
        let opened = try await SealedBox(store, settings.key).open(SealedBox.probe.rawValue)
        if isKnown, opened == nil {
            findings.append(
                Finding(Self.subject, .failed, "the other hosts have another cluster.key: give all hosts the same one"))
        }
        let hosts = try await HostDirectory(database).hosts()
        let live = hosts.filter { $0.state != .gone }
        if self.directory.servingHost == nil, let other = live.first(where: { $0.name == settings.name }) {
            findings.append(
                Finding(
                    Self.subject, .failed,
                    "a host at \(other.address) runs as \(settings.name) already: give each host its own cluster.name"))
        }
        findings += try await self.serverFindings(database)
        if let finding = await self.wakes(settings, database) { findings.append(finding) }
        for repository in self.configuration.repositories {
            if case .local = repository.place {
                findings.append(
                    Finding(
                        Self.subject, .warning,
                        "repository \(repository.name) is a directory, which all hosts must have at the same path; better "
                            + "is one on a server"))
            }
        }
        let names = live.isEmpty ? "none yet" : live.map(\.name).joined(separator: ", ")
        findings.append(Finding(Self.subject, .ok, "this host is \(settings.name); live hosts: \(names)"))
        return findings
    }

    /// Whether this machine would hear the others.
    private func wakes(_ settings: Configuration.Cluster, _ database: Database) async -> Finding? {
        guard case .postgreSQL(let place) = self.configuration.store else { return nil }
        let bus = ClusterBus(
            place, database: database, key: ClusterKey(settings.key), host: Identifier.make("doctor"),
            logger: Logger(label: "cluster", output: LogOutput(level: .error, format: .text, sink: { _ in })),
            woken: {})
        let running = Task { try await bus.run() }  // unstructured: it ends with the check
        let problem = await bus.problem(within: .seconds(8))
        await bus.stop()
        _ = await running.result
        guard let problem else {
            return Finding(Self.subject, .ok, "hosts wake each other by PostgreSQL's notifications")
        }
        return Finding(Self.subject, .warning, problem)
    }

    /// The server's clock, its standbys (whose state an ordinary role does not see), and whether other hosts reach this one.
    private func serverFindings(_ database: Database) async throws -> [Finding] {
        let (clock, unsafe, isRemote) = try await database.read { connection in
            let row = try connection.first(
                """
                SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS clock,
                (SELECT COUNT(*) FROM pg_stat_replication
                 WHERE sync_state = 'async' OR current_setting('synchronous_standby_names') = '') AS unsafe,
                COALESCE(NOT host(inet_client_addr()) LIKE '127.%' AND host(inet_client_addr()) <> '::1', false) AS remote
                """)
            return (
                try row?.int64("clock") ?? 0, try row?.int64("unsafe") ?? 0, try row?.bool("remote") ?? false
            )
        }
        var findings: [Finding] = []
        if abs(WallClock.now() - clock) > Self.clockTolerance {
            findings.append(
                Finding(
                    Self.subject, .warning,
                    "this machine's clock differs from the database's by \(abs(WallClock.now() - clock) / 1_000) s: set both "
                        + "by NTP"))
        }
        if unsafe > 0 {
            findings.append(
                Finding(
                    Self.subject, .warning,
                    "\(unsafe) standby of the database is asynchronous: what was stored last may be missing when it takes "
                        + "over; see synchronous_standby_names"))
        }
        let listen = self.configuration.gateway.listen.host
        if isRemote, listen == "localhost" || listen == "::1" || listen.hasPrefix("127.") {
            findings.append(
                Finding(
                    Self.subject, .failed,
                    "other hosts cannot reach gateway.listen \(listen): write this machine's address in the hosts' network"
                ))
        }
        return findings
    }
}
