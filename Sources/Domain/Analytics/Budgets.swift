package import Primitives

/// What people, repositories and the host may cost in a period, by the estimate.
package struct Budgets: Sendable, Equatable {
    package struct Budget: Sendable, Equatable {
        package let period: Period
        package let amount: Double

        package init(_ period: Period, _ amount: Double) {
            self.period = period
            self.amount = amount
        }
    }

    package enum Scope: Sendable, Hashable {
        case person(String)
        case repository(String)
        case host

        /// As people write and the store keeps it.
        package var name: String {
            switch self {
            case .person(let id): id
            case .repository(let name): "repository \(name)"
            case .host: "host"
            }
        }

        package var part: AnalyticsQuery.Part? {
            switch self {
            case .person(let id): .user(id)
            case .repository(let name): .repository(name)
            case .host: nil
            }
        }
    }

    /// Of each person, and of each repository.
    package var person: [Budget] = []
    package var repository: [Budget] = []
    package var host: [Budget] = []
    /// In which days begin.
    package var zone = Zone.utc

    package init() {}

    package var isEmpty: Bool { self.person.isEmpty && self.repository.isEmpty && self.host.isEmpty }

    /// The budgets that a request counts for.
    package func budgets(person: String, repository: String?) -> [(scope: Scope, budget: Budget)] {
        self.person.map { (.person(person), $0) } + self.host.map { (.host, $0) }
            + (repository.map { name in self.repository.map { (.repository(name), $0) } } ?? [])
    }
}
