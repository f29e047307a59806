internal import Chat
internal import Database
internal import Store

/// Another live host has this host's name.
package struct HostNameTaken: Error, CustomStringConvertible {
    package let host: String
    package let address: String

    package var description: String {
        "the host \(self.host) runs already, at \(self.address): give each host its own cluster.name, and its own data_dir"
    }
}

/// The hosts and their places, as PostgreSQL has them. Times are milliseconds by the server's clock.
struct HostTable: Sendable {
    /// How long a host whose session with the server has ended may be silent: it may only have been cut off.
    private static let silence = Duration.seconds(1)
    /// Begins the run of a host behind a pooler, whose sessions say nothing of the host.
    static let pooled = "pooled"

    private static let now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    /// The server ends the session of a program that is killed, so that its end is seen before its lease runs out.
    private static let isConnected = """
        EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datname = current_database()
        AND a.application_name = 'jetbridge ' || hosts.run)
        """
    private static let isDead = """
        (hosts.expires_at < \(Self.now) OR hosts.renewed_at < \(Self.now) - \(Int64(Self.silence / .milliseconds(1)))
        AND hosts.run NOT LIKE '\(Self.pooled)%' AND NOT \(Self.isConnected))
        """

    /// Of its own, with the name `jetbridge RUN`: nobody else's work may delay a renewal.
    let database: Database
    let host: String
    /// Random, for each start of the program.
    let run: String
    let lease: Duration

    /// How long this host, had it been killed, would count as one that may come back.
    var silence: Duration { self.run.hasPrefix(Self.pooled) ? self.lease : Self.silence }

    private var milliseconds: SQLValue { .integer(Int64(self.lease / .milliseconds(1))) }

    // MARK: This host

    /// Joins with a new epoch. Places that an earlier run of this host had, and nobody took, stay its own.
    func join(version: String, address: String) async throws -> (epoch: Int64, places: Set<Place>) {
        let (host, run, lease) = (self.host, self.run, self.milliseconds)
        return try await self.database.write { connection in
            let old = try connection.first(
                """
                SELECT epoch, address, run <> $2 AND state <> 'gone' AND NOT \(Self.isDead) AS is_taken
                FROM hosts WHERE id = $1 FOR UPDATE
                """, .text(host), .text(run))
            if let old, try old.bool("is_taken") {
                throw HostNameTaken(host: host, address: try old.text("address"))
            }
            let epoch = (try old?.int64("epoch") ?? 0) + 1
            try connection.execute(
                """
                INSERT INTO hosts (id, epoch, run, address, version, state, joined_at, renewed_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, 'live', \(Self.now), \(Self.now), \(Self.now) + $6)
                ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, run = excluded.run, address = excluded.address,
                version = excluded.version, state = 'live', joined_at = excluded.joined_at,
                renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
                """, .text(host), .integer(epoch), .text(run), .text(address), .text(version), lease)
            let places = try connection.query(
                "UPDATE places SET epoch = $2, changed_at = \(Self.now) WHERE host = $1 RETURNING place", .text(host),
                .integer(epoch))
            return (epoch, Set(try places.map(Self.place)))
        }
    }

    /// Renews the lease and returns the host's state; nil if the epoch no longer stands.
    func renew(epoch: Int64) async throws -> HostRecord.State? {
        let (host, lease) = (self.host, self.milliseconds)
        return try await self.database.write(key: "renewal") { connection in
            try connection.first(
                """
                UPDATE hosts SET renewed_at = \(Self.now), expires_at = \(Self.now) + $3
                WHERE id = $1 AND epoch = $2 RETURNING state
                """, .text(host), .integer(epoch), lease
            ).flatMap { HostRecord.State(rawValue: try $0.text("state")) }
        }
    }

    /// The end of this host's membership: nobody waits for its lease.
    func leave(epoch: Int64) async throws {
        let host = self.host
        try await self.database.write { connection in
            try connection.execute(
                "UPDATE hosts SET state = 'gone', epoch = epoch + 1, expires_at = 0 WHERE id = $1 AND epoch = $2",
                .text(host), .integer(epoch))
        }
    }

    // MARK: Places

    /// Makes sure, until the transaction ends, that the places belong to this host. Returns those that do not.
    func fence(_ places: [Place], epoch: Int64, in connection: any Connection) throws -> Set<Place> {
        var values: [SQLValue] = [.text(self.host), .integer(epoch)]
        values += places.map { .text($0.name) }
        let names = (0..<places.count).map { "$\($0 + 3)" }.joined(separator: ", ")
        let rows = try connection.query(
            """
            SELECT p.place AS place FROM hosts h JOIN places p ON p.host = h.id AND p.epoch = h.epoch
            WHERE h.id = $1 AND h.epoch = $2 AND p.place IN (\(names)) FOR KEY SHARE OF h, p
            """, values)
        return Set(places).subtracting(try rows.map(Self.place))
    }

    /// Takes places that nobody has, or that only dead hosts had. Returns those that this host has now.
    func claim(_ places: Set<Place>, epoch: Int64) async throws -> Set<Place> {
        let host = self.host
        return try await self.database.write { connection in
            var own: Set<Place> = []
            // In one order, so that two hosts that claim the same ones do not wait for each other.
            for place in places.map(\.name).sorted() {
                let row = try connection.first(
                    """
                    INSERT INTO places (place, host, epoch, changed_at) VALUES ($1, $2, $3, \(Self.now))
                    ON CONFLICT (place) DO UPDATE SET host = excluded.host, epoch = excluded.epoch,
                    changed_at = excluded.changed_at
                    WHERE places.host = excluded.host OR NOT EXISTS
                    (SELECT 1 FROM hosts WHERE hosts.id = places.host AND hosts.epoch = places.epoch
                        AND hosts.state <> 'gone')
                    RETURNING place
                    """, .text(place), .text(host), .integer(epoch))
                if row != nil { own.insert(Place(name: place)) }
            }
            return own
        }
    }

    /// Hosts that have died, with the epochs that they had.
    func deadHosts() async throws -> [(host: String, epoch: Int64)] {
        let host = self.host
        return try await self.database.read { connection in
            try connection.query(
                "SELECT id, epoch FROM hosts WHERE id <> $1 AND state <> 'gone' AND \(Self.isDead)", .text(host)
            ).map { (try $0.text("id"), try $0.int64("epoch")) }
        }
    }

    /// Ends a dead host's membership and takes all its places. Waits for its writes that have begun; none comes later.
    /// Returns the places; none if the host was quicker, or another one, or if this host has not renewed its own lease just
    /// before: then all of them may have waited for the server. Before the lease has run out, a session of this host must be
    /// older than the dead one's last renewal: a server that restarts ends the sessions of all.
    func takeOver(_ dead: String, _ deadEpoch: Int64, epoch: Int64) async throws -> Set<Place> {
        let (host, recent) = (self.host, SQLValue.integer(Int64(self.lease / 2 / .milliseconds(1))))
        let session = SQLValue.text("jetbridge \(self.run)")
        return try await self.database.write { connection in
            let row = try connection.first(
                """
                SELECT id FROM hosts WHERE id = $1 AND epoch = $2 AND state <> 'gone' AND \(Self.isDead) AND EXISTS
                (SELECT 1 FROM hosts own WHERE own.id = $3 AND own.epoch = $4 AND own.renewed_at >= \(Self.now) - $5)
                AND (hosts.expires_at < \(Self.now) OR EXISTS (SELECT 1 FROM pg_stat_activity a
                    WHERE a.datname = current_database() AND a.application_name = $6
                    AND EXTRACT(EPOCH FROM a.backend_start) * 1000 < hosts.renewed_at))
                FOR UPDATE
                """, .text(dead), .integer(deadEpoch), .text(host), .integer(epoch), recent, session)
            guard row != nil else { return [] }
            try connection.execute(
                "UPDATE hosts SET epoch = epoch + 1, state = 'gone' WHERE id = $1", .text(dead))
            return Set(
                try connection.query(
                    """
                    UPDATE places SET host = $2, epoch = $3, changed_at = \(Self.now) WHERE host = $1
                    AND EXISTS (SELECT 1 FROM hosts WHERE id = $2 AND epoch = $3) RETURNING place
                    """, .text(dead), .text(host), .integer(epoch)
                ).map(Self.place))
        }
    }

    /// Gives places of this host, in which it no longer works, to the live host with the fewest. Returns whether there is
    /// one.
    func give(_ places: Set<Place>, epoch: Int64) async throws -> Bool {
        let host = self.host
        return try await self.database.write { connection in
            let heir = try connection.first(
                """
                SELECT h.id AS id, h.epoch AS epoch FROM hosts h LEFT JOIN places p ON p.host = h.id
                WHERE h.id <> $1 AND h.state = 'live' AND h.expires_at > \(Self.now)
                GROUP BY h.id, h.epoch ORDER BY COUNT(p.place), h.id LIMIT 1
                """, .text(host))
            guard let heir else { return false }
            for place in places.map(\.name).sorted() {
                try connection.execute(
                    """
                    UPDATE places SET host = $2, epoch = $3, changed_at = \(Self.now)
                    WHERE place = $1 AND host = $4 AND epoch = $5
                    """, .text(place), heir["id"], heir["epoch"], .text(host), .integer(epoch))
            }
            return true
        }
    }

    /// Whether a live host could take places of this one.
    func hasHeir() async throws -> Bool {
        let host = self.host
        return try await self.database.read { connection in
            try connection.first(
                "SELECT 1 FROM hosts WHERE id <> $1 AND state = 'live' AND expires_at > \(Self.now) LIMIT 1",
                .text(host)
            ) != nil
        }
    }

    /// Those of these places that no host has whose membership stands.
    func unserved(_ places: Set<Place>) async throws -> Set<Place> {
        guard !places.isEmpty else { return [] }
        let values = places.map { SQLValue.text($0.name) }
        let names = (1...values.count).map { "$\($0)" }.joined(separator: ", ")
        return try await self.database.read { connection in
            // By name: threads of the web chat may be many thousand.
            let served = try connection.query(
                """
                SELECT p.place AS place FROM places p JOIN hosts h ON h.id = p.host AND h.epoch = p.epoch
                WHERE h.state <> 'gone' AND p.place IN (\(names))
                """, values)
            return places.subtracting(try served.map(Self.place))
        }
    }

    /// Threads of the web chat in which something waits, and which no host has whose membership stands: a host that was
    /// stopped leaves its questions.
    func waiting() async throws -> Set<Place> {
        try await self.database.read { connection in
            try Set(
                connection.query(
                    """
                    SELECT DISTINCT 'web:' || s.thread AS place FROM turns t JOIN sessions s ON s.id = t.session
                    WHERE t.state IN ('queued', 'running') AND s.adapter = 'web' AND NOT EXISTS
                    (SELECT 1 FROM places p JOIN hosts h ON h.id = p.host AND h.epoch = p.epoch
                        WHERE p.place = 'web:' || s.thread AND h.state <> 'gone')
                    """
                ).map(Self.place))
        }
    }

    /// The living host that has a place, without what it serves; nil for none.
    func owner(of place: Place) async throws -> HostRecord? {
        try await self.database.read { connection in
            try connection.first(
                """
                SELECT hosts.* FROM places p JOIN hosts ON hosts.id = p.host AND hosts.epoch = p.epoch
                WHERE p.place = $1 AND hosts.state <> 'gone' AND NOT \(Self.isDead)
                """, .text(place.name)
            ).map { try HostRecord($0) }
        }
    }

    /// What tells one state of a host's places from another, without reading them all.
    struct Mark: Equatable {
        let epoch: Int64
        let count: Int64
        let last: Int64
        /// A transaction can commit after one with a later time, so the last time alone is not enough.
        let sum: Int64
    }

    /// This host's places, and their mark; nil if they still have the one in `known`.
    func places(epoch: Int64, unless known: Mark? = nil) async throws -> (places: Set<Place>, mark: Mark)? {
        let (host, number) = (SQLValue.text(self.host), SQLValue.integer(epoch))
        return try await self.database.read { connection -> (places: Set<Place>, mark: Mark)? in
            let row = try connection.first(
                """
                SELECT COUNT(*) AS count, COALESCE(MAX(changed_at), 0) AS last,
                CAST(COALESCE(SUM(changed_at % 1000003), 0) AS BIGINT) AS sum FROM places WHERE host = $1 AND epoch = $2
                """, host, number)
            let mark = Mark(
                epoch: epoch, count: try row?.int64("count") ?? 0, last: try row?.int64("last") ?? 0,
                sum: try row?.int64("sum") ?? 0)
            guard mark != known else { return nil }
            let rows = try connection.query("SELECT place FROM places WHERE host = $1 AND epoch = $2", host, number)
            return (places: Set(try rows.map(Self.place)), mark: mark)
        }
    }

    // MARK: All hosts

    /// Every host that has ever joined, by name.
    func hosts() async throws -> [HostRecord] {
        try await self.database.read { connection in
            var adapters: [String: [String]] = [:]
            var threads: [String: Int64] = [:]
            let rows = try connection.query(
                "SELECT p.place AS place, p.host AS host FROM places p JOIN hosts h ON h.id = p.host AND h.epoch = p.epoch"
            )
            for row in rows {
                switch Place(name: try row.text("place")) {
                case .network(let id): adapters[try row.text("host"), default: []].append(id.rawValue)
                case .web: threads[try row.text("host"), default: 0] += 1
                case .gitHub, .janitor, .webhooks: break
                }
            }
            return try connection.query("SELECT *, \(Self.isDead) AS is_dead FROM hosts ORDER BY id").map { row in
                var host = try HostRecord(row)
                if try row.bool("is_dead") { host.state = .gone }
                host.threads = threads[host.name] ?? 0
                host.adapters = (adapters[host.name] ?? []).sorted()
                return host
            }
        }
    }

    /// Asks a host to hand its places over, or to serve again. False if no such host is live.
    func set(_ state: HostRecord.State, of host: String) async throws -> Bool {
        try await self.database.write { connection in
            try connection.rowsChanged(
                by: "UPDATE hosts SET state = $2 WHERE id = $1 AND state <> 'gone' AND NOT \(Self.isDead)", .text(host),
                .text(state.rawValue)) > 0
        }
    }

    private static func place(_ row: Row) throws -> Place { Place(name: try row.text("place")) }
}

extension HostRecord {
    /// Without what it serves.
    fileprivate init(_ row: Row) throws {
        self.init(
            name: try row.text("id"), version: try row.text("version"), address: try row.text("address"),
            state: State(rawValue: try row.text("state")) ?? .gone, since: try row.int64("joined_at"))
    }
}
