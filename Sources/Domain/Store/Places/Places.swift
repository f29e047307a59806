package import Chat
package import Database

/// All places or some, and how statements choose their rows.
package enum Places: Sendable, Equatable {
    case all
    case some(Set<Place>)

    package func contains(_ place: Place) -> Bool {
        switch self {
        case .all: true
        case .some(let places): places.contains(place)
        }
    }

    /// Threads of the web chat that one statement chooses.
    private static let batch = 256

    /// The same places in parts, each few enough for one transaction.
    package var batches: [Places] {
        guard case .some(let places) = self else { return [.all] }
        let threads = places.filter { if case .web = $0 { true } else { false } }
        let networks = places.subtracting(threads)
        let list = Array(threads)
        let parts = stride(from: 0, to: list.count, by: Self.batch).map {
            Places.some(Set(list[$0..<min($0 + Self.batch, list.count)]))
        }
        return networks.isEmpty ? parts : [.some(networks)] + parts
    }

    /// A condition that rows of these places meet, with parameters from `$first` on.
    ///
    /// - Parameters:
    ///   - adapter: The column with the adapter's id.
    ///   - thread: The column that in the web chat has the thread's value, as the thread or as the room.
    package func condition(adapter: String, thread: String, from first: Int) -> (sql: String, values: [SQLValue]) {
        guard case .some(let places) = self else { return ("1 = 1", []) }
        var networks: [SQLValue] = []
        var threads: [SQLValue] = []
        for place in places {
            switch place {
            case .network(let id): networks.append(.text(id.rawValue))
            case .web(let value): threads.append(.text(value))
            case .gitHub, .janitor, .webhooks: break
            }
        }
        var (parts, next): ([String], Int) = ([], first)
        func list(_ count: Int) -> String {
            defer { next += count }
            return (next..<(next + count)).map { "$\($0)" }.joined(separator: ", ")
        }
        if !networks.isEmpty { parts.append("\(adapter) IN (\(list(networks.count)))") }
        if !threads.isEmpty {
            parts.append("\(adapter) = '\(Place.webAdapter)' AND \(thread) IN (\(list(threads.count)))")
        }
        return (parts.isEmpty ? "1 = 0" : "(\(parts.joined(separator: " OR ")))", networks + threads)
    }

    /// The networks among some places.
    package var networks: [AdapterID] {
        guard case .some(let places) = self else { return [] }
        return places.compactMap { if case .network(let id) = $0 { id } else { nil } }
    }
}
