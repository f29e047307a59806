internal import GitHub

/// What was found on GitHub, by what it is about: thousands of threads that each read thousands of events would take
/// minutes.
struct NewsIndex: Sendable {
    private struct Subject: Hashable {
        enum Part: Hashable {
            case branch(String)
            case commit(String)
            case pull(Int)
        }

        /// In lower case.
        let repository: String
        let part: Part
    }

    /// Of a push. GitHub compares no more, and its webhook reports fewer.
    private static let commitLimit = 250

    let snapshot: NewsSnapshot
    /// Failed jobs say more than the workflow that they are part of, which therefore comes after them.
    private let events: [NewsEvent]
    /// The events' places, ascending.
    private var places: [Subject: [Int]] = [:]

    init(_ snapshot: NewsSnapshot) {
        self.snapshot = snapshot
        var events = snapshot.events.filter { $0.kind != .workflow } + snapshot.events.filter { $0.kind == .workflow }
        for place in events.indices where events[place].commits.count > Self.commitLimit {
            events[place].commits.removeFirst(events[place].commits.count - Self.commitLimit)
        }
        self.events = events
        for (place, event) in events.enumerated() {
            var parts: [Subject.Part] = []
            if let branch = event.branch { parts.append(.branch(branch)) }
            if event.kind == .check || event.kind == .workflow, let sha = event.sha { parts.append(.commit(sha)) }
            if let pull = event.pull { parts.append(.pull(pull)) }
            let repository = event.repository.lowercased()
            for part in parts { self.places[Subject(repository: repository, part: part), default: []].append(place) }
        }
    }

    /// The events that may concern a watch, in their order.
    func events(for watch: WatchedBranch) -> [NewsEvent] { self.places(for: watch).map { self.events[$0] } }

    /// How many events and commits of pushes may concern a watch.
    func cost(of watch: WatchedBranch) -> Int {
        self.places(for: watch).reduce(0) { $0 + 1 + self.events[$1].commits.count }
    }

    /// Whether polling knows a head or a pull request of the branch that the watch does not.
    func hasMoved(_ watch: WatchedBranch) -> Bool {
        let head = self.snapshot.heads[watch.branch]
        return (head != nil && head != watch.head) || (watch.pull == nil && self.snapshot.pulls[watch.branch] != nil)
    }

    private func places(for watch: WatchedBranch) -> [Int] {
        let repository = watch.repository.description.lowercased()
        func places(_ part: Subject.Part) -> [Int] { self.places[Subject(repository: repository, part: part)] ?? [] }
        let own = places(.branch(watch.branch))
        // Events of the branch may move the watch to other commits, and lead it to a pull request.
        var commits = Set([watch.head, self.snapshot.heads[watch.branch]].compactMap { $0 })
        var pulls = Set([watch.pull, self.snapshot.pulls[watch.branch]].compactMap { $0 })
        for place in own {
            let event = self.events[place]
            if event.kind == .push, let sha = event.sha { commits.insert(sha) }
            if let pull = event.pull { pulls.insert(pull) }
        }
        var all = Set(own)
        for commit in commits { all.formUnion(places(.commit(commit))) }
        for pull in pulls { all.formUnion(places(.pull(pull))) }
        return all.sorted()
    }
}
