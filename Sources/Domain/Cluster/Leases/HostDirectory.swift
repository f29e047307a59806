package import Database

/// A host as the others see it.
package struct HostRecord: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case live
        /// It hands its places over.
        case draining
        /// It runs and has no places.
        case drained
        /// Its lease was ended, or has run out.
        case gone
    }

    package let name: String
    package let version: String
    /// Of its gateway, for other hosts.
    package let address: String
    package var state: State
    /// When it joined, in milliseconds since 1970 by the server's clock.
    package let since: Int64
    /// Web threads that it serves.
    package var threads: Int64 = 0
    /// Networks that it serves, by the ids of their adapters.
    package var adapters: [String] = []
}

/// The hosts of a cluster, for programs that are not hosts themselves, such as the command line.
package struct HostDirectory: Sendable {
    /// How a host's hand-over ended.
    package enum Drain: Sendable {
        case drained
        /// There is no such host, or it does not run.
        case unknown
        /// No other host could take its places, so it goes on.
        case refused
        /// It ended meanwhile.
        case gone
    }

    private let table: HostTable

    package init(_ database: Database) {
        self.table = HostTable(database: database, host: "", run: "", lease: .zero)
    }

    /// Every host that has ever joined, by name.
    package func hosts() async throws -> [HostRecord] { try await self.table.hosts() }

    /// Lets a host hand over what it serves, and waits for it.
    package func drain(_ name: String) async throws -> Drain {
        guard try await self.table.set(.draining, of: name) else { return .unknown }
        while true {
            switch try await self.hosts().first(where: { $0.name == name })?.state {
            case .drained: return .drained
            case .live: return .refused
            case .gone, nil: return .gone
            case .draining: try await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
