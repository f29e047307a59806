internal import Audit
internal import Chat
internal import Cluster
internal import Database
internal import Gateway
internal import HTTP
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Sessions
internal import Store

/// Sets up this host as one of a cluster.
struct ClusterSetup: Sendable {
    let cluster: Cluster
    let bus: ClusterBus
    /// Nothing, until the cluster gives this host places.
    let held: HeldPlaces
    private let key: Secret
    /// The same for what all hosts share.
    private let box: SealedBox
    private let database: Database
    private let logger = Logger(label: "cluster")

    /// Nil for a host that is alone.
    static func make(_ configuration: Configuration, at listening: GatewaySetup.Listening) async throws -> ClusterSetup?
    {
        guard let settings = configuration.cluster, case .postgreSQL(let place) = configuration.store else {
            return nil
        }
        let (database, run) = try await Cluster.database(at: place)
        let store = SessionStore(database: database)
        try await StoreClaim.checkFree(store)
        let cluster = Cluster(
            database: database, host: settings.name, run: run, version: Release.version,
            address: try await Self.address(listening, as: database), lease: settings.lease,
            logger: Logger(label: "cluster"))
        let bus = ClusterBus(
            place, database: database, key: ClusterKey(settings.key), host: settings.name,
            logger: Logger(label: "cluster"), woken: { cluster.wake() })
        let setup = ClusterSetup(
            cluster: cluster, bus: bus,
            held: HeldPlaces(ClusterTenancy(cluster) { _ in bus.wake() }, hasAll: false), key: settings.key,
            box: SealedBox(store, settings.key), database: database)
        guard try await setup.box.share(Array("key".utf8), named: SealedBox.probe.rawValue) != nil else {
            throw HostError(
                "cluster.key: the other hosts of this database have another key: give all hosts the same one")
        }
        return setup
    }

    /// Where other hosts reach the gateway. A host that listens on all addresses has the one from which it reaches the
    /// database.
    private static func address(_ listening: GatewaySetup.Listening, as database: Database) async throws -> String {
        guard ["0.0.0.0", "::"].contains(listening.host) else { return listening.url }
        let own = try await database.read { connection in
            try connection.first("SELECT COALESCE(host(inet_client_addr()), '127.0.0.1') AS address")?.text("address")
        }
        return GatewaySetup.Listening(host: own ?? "127.0.0.1", port: listening.port).url
    }

    /// Opens the audit, whose key all hosts have: the first one makes it, and the others get it.
    func audit(_ database: Database, in directory: DataDirectory) async throws -> AuditLog {
        let path = directory.path(of: AuditLog.keyName)
        if PrivateFile.read(path) == nil, let shared = try await self.sharedAuditKey() {
            try PrivateFile.write(shared, to: path)
        }
        let audit = try await AuditLog.open(database, keyIn: directory.path)
        let own = PrivateFile.read(path)?.bytes ?? []
        guard try await self.box.share(own, named: "audit") == own else {
            throw HostError("\(path) is not the key of the other hosts: move it away, and this host gets theirs")
        }
        return audit
    }

    /// Nil for the host that makes the key. If that one ends before it has, another one does.
    private func sharedAuditKey() async throws -> [UInt8]? {
        let run = Array(self.cluster.run.utf8)
        let deadline = ContinuousClock.now + .seconds(10)
        repeat {
            if let key = try await self.box.open("audit") { return key }
            if try await self.box.share(run, named: "audit maker") == run { return nil }
            try await Task.sleep(for: .milliseconds(100))
        } while ContinuousClock.now < deadline
        return nil
    }

    /// The parts that follow networks from host to host.
    func memory(in store: SessionStore) -> NetworkSetup.SharedMemory {
        NetworkSetup.SharedMemory(store: store, key: self.key)
    }

    var peers: GatewayPeers {
        let cluster = self.cluster
        return GatewayPeers(name: cluster.lease.host) { place in
            try await cluster.host(of: place).map { try HTTPURL($0.address) }
        }
    }

    var readiness: HostReadiness.Checks.Cluster {
        let isValid = self.cluster.lease.isValid
        return .init(
            connection: self.bus.problem,
            lease: isValid ? nil : "this host has no lease: PostgreSQL has not answered in time")
    }

    /// Joins the cluster, whose places `host` serves from then on.
    ///
    /// - Parameter wanted: The networks; what else needs one host is added.
    func join(wanting networks: [Place], for host: Host) async throws {
        let logger = self.logger
        await self.cluster.attach(
            Cluster.Events(
                gained: { [weak host] places in await host?.gain(places) },
                lost: { [weak host] places in await host?.drop(places) },
                idle: { [weak host] places in await host?.bridge.idle(places) ?? places },
                handOver: { [weak host] places in await host?.handOver(places) },
                looked: { [weak host] in
                    do { try await host?.bridge.look() } catch {
                        logger.debug("nothing was looked for", ["error": .string("\(error)")])
                    }
                }))
        try await self.cluster.join(wanting: Place.duties.union(networks))
    }

    func close() async { await self.database.close() }
}
