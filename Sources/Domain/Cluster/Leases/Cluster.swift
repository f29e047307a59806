package import Database
internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives
package import Store

/// This host's membership: renews the lease, takes what dead hosts had, and lets go of what others have.
///
/// What this means for places is handled in order beside the renewals, which nothing may delay.
package actor Cluster: Service {
    /// What happens to places on this host.
    package struct Events: Sendable {
        /// The host has these places now and recovers them.
        package let gained: @Sendable (Set<Place>) async -> Void
        /// Others have them, or will: nothing of them may be written or posted any more.
        package let lost: @Sendable (Set<Place>) async -> Void
        /// Those of these places in which nothing runs.
        package let idle: @Sendable (Set<Place>) async -> Set<Place>
        /// The host finishes what runs in these places, and lets go of them.
        package let handOver: @Sendable (Set<Place>) async -> Void
        /// The host looks for what others have stored. Called about twice a second.
        package let looked: @Sendable () async -> Void

        package init(
            gained: @escaping @Sendable (Set<Place>) async -> Void,
            lost: @escaping @Sendable (Set<Place>) async -> Void,
            idle: @escaping @Sendable (Set<Place>) async -> Set<Place>,
            handOver: @escaping @Sendable (Set<Place>) async -> Void,
            looked: @escaping @Sendable () async -> Void
        ) {
            self.gained = gained
            self.lost = lost
            self.idle = idle
            self.handOver = handOver
            self.looked = looked
        }
    }

    private enum Change {
        case gained(Set<Place>)
        case lost(Set<Place>)
        case drain(epoch: Int64)
    }

    /// Between two looks at the clock.
    private static let pause = Duration.milliseconds(250)
    /// Between two looks for what other hosts have stored, which nothing has to announce.
    private static let lookPause = Duration.milliseconds(500)

    package nonisolated let name = "cluster"
    package nonisolated let lease: HostLease
    package nonisolated let counts = ClusterCounts()
    nonisolated let table: HostTable
    /// Random, for each start of the program.
    /// Opens the store for the leases of a run, which the other hosts know by the name of its session.
    package static func database(at place: PostgreSQLSettings) async throws -> (Database, run: String) {
        func open(_ run: String) throws -> Database {
            var own = place.named("jetbridge \(run)")
            // A renewal in doubt is sent again; nothing may wait for it longer than the lease allows.
            own.resolution = .seconds(1)
            return try Database(
                postgreSQL: own, migrations: StoreSchema.migrations, settings: DatabaseSettings(readers: 1))
        }
        let run = Identifier.make("run")
        let database = try open(run)
        guard database.isPooled else { return (database, run) }
        await database.close()
        let pooled = "\(HostTable.pooled) \(run)"
        return (try open(pooled), pooled)
    }

    package nonisolated var run: String { self.table.run }
    private let version: String
    private let address: String
    private let logger: Logger
    private let changes: AsyncStream<Change>
    private let announce: AsyncStream<Change>.Continuation
    private let stopped = Signal()
    private let woken = Signal()

    private var machine: LeaseMachine
    /// What should have a host at any time: the networks of the configuration, and duties.
    private var wanted: Set<Place> = []
    /// The places that this host has in the present membership, as far as it knows.
    private var places: Set<Place> = []
    private var condition = HostRecord.State.live
    private var isStopping = false
    private var wasReached = true
    /// Of ``places``, when they were read last and all were known.
    private var mark: HostTable.Mark?
    private var events: Events?
    /// Places that are being claimed.
    private var claims: [Place: Task<HostRecord?, any Error>] = [:]

    /// - Parameters:
    ///   - database: Of this object alone, opened with the application's name `jetbridge RUN`.
    ///   - run: Random, for each start of the program.
    ///   - address: Of this host's gateway, for the others.
    package init(
        database: Database, host: String, run: String, version: String, address: String, lease: Duration, logger: Logger
    ) {
        self.table = HostTable(database: database, host: host, run: run, lease: lease)
        self.lease = HostLease(host: host, duration: lease)
        self.version = version
        self.address = address
        self.logger = logger
        self.machine = LeaseMachine(lease: lease)
        (self.changes, self.announce) = AsyncStream.makeStream()
    }

    // MARK: Service

    /// Joins, and takes those of `wanted` that nobody has. Call it once, directly before ``run()``, which says what this
    /// host has.
    ///
    /// - Throws: ``HostNameTaken``, or what the database throws.
    package func join(wanting wanted: Set<Place>) async throws {
        self.wanted = wanted
        do { try await self.joinAnew() } catch is HostNameTaken {
            // Perhaps by this host's own last run, killed a moment ago.
            try await Task.sleep(for: self.table.silence + .milliseconds(200))
            try await self.joinAnew()
        }
        self.announce.yield(.gained(self.places))
    }

    /// Sets the handlers of changes to this host's places. Call it before ``run()``.
    package func attach(_ events: Events) { self.events = events }

    package func run() async throws {
        guard let events = self.events else { return }
        await withDiscardingTaskGroup { group in
            group.addTask(name: "cluster-places") {
                for await change in self.changes { await self.handle(change, events) }
            }
            group.addTask(name: "cluster-look") {
                while await !self.isStopping, !Task.isCancelled {
                    await events.looked()
                    await withDeadline(Self.lookPause) { await self.woken.wait() }
                }
            }
            while !self.isStopping, !Task.isCancelled {
                await self.step()
                await withDeadline(Self.pause) { await self.stopped.wait() }
            }
            self.announce.finish()
        }
    }

    /// Ends the membership: the others need not wait until the lease runs out. Call it when nothing is written any more.
    package func stop() async {
        self.isStopping = true
        self.stopped.signal()
        self.woken.signal()
        guard let epoch = self.machine.epoch else { return }
        self.lease.set(epoch: nil, deadline: nil)
        do {
            try await self.table.leave(epoch: epoch)
        } catch {
            self.logger.warning("this host could not leave the cluster", ["error": .string("\(error)")])
        }
    }

    // MARK: Steps

    private func step() async {
        for action in self.machine.tick(.now) {
            guard !self.isStopping else { return }
            do {
                switch action {
                case .join:
                    try await self.joinAnew()
                    self.announce.yield(.gained(self.places))
                case .renew(let epoch): try await self.renew(epoch)
                case .look: if self.machine.mayLook(.now) { try await self.look() }
                }
                if !self.wasReached { self.logger.info("the database of the cluster answers again") }
                self.wasReached = true
            } catch {
                if case .renew = action { self.machine.failed(.now) }
                if self.wasReached {
                    self.logger.error("the database of the cluster does not answer", ["error": .string("\(error)")])
                }
                self.wasReached = false
                // What is seen now says nothing of the others: they may have waited as long.
                return
            }
        }
    }

    private func joinAnew() async throws {
        let sent = BootTime.now
        let (epoch, kept) = try await self.table.join(version: self.version, address: self.address)
        self.machine.joined(epoch: epoch, sent: sent, now: .now)
        self.condition = .live
        self.lease.set(epoch: epoch, deadline: self.machine.deadline)
        self.places = try await kept.union(self.table.claim(self.wanted.subtracting(kept), epoch: epoch))
    }

    private func renew(_ epoch: Int64) async throws {
        let sent = BootTime.now
        guard let condition = try await self.table.renew(epoch: epoch) else {
            self.logger.error("another host has ended this host's lease: it lets go of everything and joins again")
            self.machine.refused()
            self.lease.beginLosing()
            self.counts.add(.fenced, self.places.count)
            self.announce.yield(.lost(self.places))
            self.places = []
            return
        }
        self.machine.renewed(sent: sent, now: .now)
        self.lease.set(epoch: epoch, deadline: self.machine.deadline)
        if condition == .draining, self.condition != .draining { self.announce.yield(.drain(epoch: epoch)) }
        self.condition = condition
    }

    /// Takes what nobody serves, and finds what others have given.
    private func look() async throws {
        guard self.condition == .live, let epoch = self.machine.epoch else { return }
        for dead in try await self.table.deadHosts() {
            let taken = try await self.table.takeOver(dead.host, dead.epoch, epoch: epoch)
            guard !taken.isEmpty else { continue }
            self.logger.warning(
                "a host has died: this one serves its places",
                ["host": .string(dead.host), "places": .integer(Int64(taken.count))])
            self.counts.add(.died, taken.count)
        }
        let free = try await self.table.unserved(self.wanted).union(self.table.waiting())
        if !free.isEmpty { _ = try await self.table.claim(free, epoch: epoch) }
        guard let (now, mark) = try await self.table.places(epoch: epoch, unless: self.mark) else { return }
        // What is being claimed is taken there.
        let gained = now.subtracting(self.places).subtracting(self.claims.keys)
        self.places.formUnion(gained)
        // Without one, all are read again: a claim may fail after all.
        self.mark = now.isSubset(of: self.places) ? mark : nil
        if !gained.isEmpty { self.announce.yield(.gained(gained)) }
    }

    // MARK: Single places

    /// Another host has stored something for this one.
    package nonisolated func wake() { self.woken.signal() }

    /// The host that has a place which this one does not serve; nil if this one does now. What nobody has, such as a
    /// thread of the web chat that begins here, this host takes and serves when this returns.
    ///
    /// - Throws: ``PlaceLost`` while nobody has it and no host may take it, or this one hands it over.
    package func host(of place: Place) async throws -> HostRecord? {
        // Unstructured: whoever asked first must not end it for the others.
        let claim = self.claims[place] ?? Task { try await self.claim(place) }
        self.claims[place] = claim
        defer { self.claims[place] = nil }
        return try await claim.value
    }

    private func claim(_ place: Place) async throws -> HostRecord? {
        if let owner = try await self.table.owner(of: place) {
            guard owner.name == self.lease.host else { return owner }
            // What is about to be given away must not begin again here.
            guard self.condition == .live else { throw PlaceLost([place]) }
            self.places.insert(place)
            await self.events?.gained([place])
            return nil
        }
        guard self.condition == .live, self.lease.isValid, let epoch = self.machine.epoch else {
            // After its hand-over, this host begins nothing; the next one takes it when the request comes.
            let heirs = self.condition == .live ? [] : try await self.table.hosts().filter { $0.state == .live }
            guard let heir = heirs.min(by: { $0.threads < $1.threads }) else { throw PlaceLost([place]) }
            return heir
        }
        guard try await self.table.claim([place], epoch: epoch).contains(place) else {
            // Another host was quicker, or one that has just died still has it.
            guard let owner = try await self.table.owner(of: place) else { throw PlaceLost([place]) }
            return owner
        }
        self.places.insert(place)
        await self.events?.gained([place])
        return nil
    }

    private func handle(_ change: Change, _ events: Events) async {
        switch change {
        case .gained(let places): await events.gained(places)
        case .lost(let places):
            await events.lost(places)
            self.lease.endLosing()
        case .drain(let epoch): await self.drain(epoch, events)
        }
    }

    private func drain(_ epoch: Int64, _ events: Events) async {
        let places = self.places
        self.logger.info("this host hands its places over", ["places": .integer(Int64(places.count))])
        do {
            let hasHeir = try await self.table.hasHeir()
            guard hasHeir || places.isEmpty else {
                self.logger.error("no other host is live, so this one goes on")
                _ = try await self.table.set(.live, of: self.lease.host)
                return
            }
            let idle = await events.idle(places)
            // Where nothing runs, nobody waits for what runs elsewhere.
            for part in [idle, places.subtracting(idle)] where !part.isEmpty {
                await events.handOver(part)
                guard try await self.give(part, epoch: epoch) else {
                    _ = try await self.table.set(.live, of: self.lease.host)
                    await events.gained(part)
                    return
                }
                self.counts.add(.drained, part.count)
                self.places.subtract(part)
            }
            _ = try await self.table.set(.drained, of: self.lease.host)
        } catch {
            self.logger.error("the places cannot be handed over", ["error": .string("\(error)")])
        }
    }

    /// Tries for as long as the host has them: nobody else would serve what it has let go of.
    private func give(_ places: Set<Place>, epoch: Int64) async throws -> Bool {
        while true {
            do {
                return try await self.table.give(places, epoch: epoch)
            } catch {
                guard self.machine.epoch == epoch, !self.isStopping else { throw error }
                self.logger.warning("the places cannot be given yet", ["error": .string("\(error)")])
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    // MARK: All hosts

    package func hosts() async throws -> [HostRecord] { try await self.table.hosts() }
}
