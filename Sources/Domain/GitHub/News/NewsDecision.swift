internal import HTTP

// Change: what threads learn from GitHub
/// Decides which threads an event concerns, and what is new in it for them. Pure; the caller supplies what is known.
package struct NewsDecision {
    /// Whether the thread has been notified of this key.
    private let isKnown: (String) throws -> Bool
    /// Whether the commit was made or pushed from here.
    private let isOwn: (String) throws -> Bool
    /// Whether the thread knows of a failed check of this commit.
    private let hasFailedCheck: (String) throws -> Bool

    package init(
        isKnown: @escaping (String) throws -> Bool, isOwn: @escaping (String) throws -> Bool,
        hasFailedCheck: @escaping (String) throws -> Bool
    ) {
        self.isKnown = isKnown
        self.isOwn = isOwn
        self.hasFailedCheck = hasFailedCheck
    }

    /// Whether the event is about the branch that a thread watches or its pull request.
    package static func concerns(_ event: NewsEvent, _ watch: WatchedBranch) -> Bool {
        guard event.repository.equalsIgnoringCase(watch.repository.description) else { return false }
        if event.kind == .push { return event.branch == watch.branch }
        if event.kind == .check || event.kind == .workflow, let head = watch.head {
            // Checks of earlier commits are out of date, and a fork may have a branch of the same name.
            return event.sha == head
        }
        if let pull = event.pull, let watched = watch.pull { return pull == watched }
        return event.branch == watch.branch
    }

    /// What the event changes in the watch itself.
    package static func updated(_ watch: WatchedBranch, by event: NewsEvent) -> WatchedBranch {
        var watch = watch
        switch event.kind {
        case .push:
            // If the push does not follow the known head, the head stays, so that polling finds the commits in between.
            if !Self.leavesGap(event, watch) { watch.head = event.sha ?? watch.head }
        case .review, .lineComment, .comment, .pull:
            if watch.pull == nil, event.branch == watch.branch { watch.pull = event.pull }
        case .check, .workflow: break
        }
        return watch
    }

    /// Whether there were pushes between the head that the watch knows and this one.
    package static func leavesGap(_ event: NewsEvent, _ watch: WatchedBranch) -> Bool {
        guard event.kind == .push, let sha = event.sha, let head = watch.head else { return false }
        return sha != head && event.before != head
    }

    /// The event as news for the thread; nil if there is nothing new in it.
    package func news(of event: NewsEvent, for watch: WatchedBranch) throws -> NewsEvent? {
        guard Self.concerns(event, watch), event.at.map({ $0 >= watch.since }) ?? true else { return nil }
        if event.kind != .push, try self.isKnown(event.key) { return nil }
        switch event.kind {
        case .push: return try self.push(event, watch)
        case .review:
            // A review without text only groups its comments.
            return event.state == "commented" && event.text?.allSatisfy(\.isWhitespace) != false ? nil : event
        case .lineComment, .comment, .pull: return event
        case .check: return event.isFailure ? event : nil
        case .workflow:
            // Its failed jobs are reported as checks, with more detail.
            return try event.isFailure && !self.hasFailedCheck(event.sha ?? "") ? event : nil
        }
    }

    /// A push with those of its commits that the thread does not know. Polling may find several pushes as one, with own
    /// commits among them.
    private func push(_ event: NewsEvent, _ watch: WatchedBranch) throws -> NewsEvent? {
        let isKnown = try self.isKnown(event.key)
        guard let sha = event.sha else { return isKnown ? nil : event }
        if sha == watch.head { return nil }
        if event.commits.isEmpty || event.state == "created", try self.isOwn(sha) { return nil }
        if event.commits.isEmpty { return isKnown || event.state == "created" ? nil : event }
        var news = event
        news.commits = try event.commits.filter {
            try !$0.hasTrailer && !self.isOwn($0.sha) && !self.isKnown(event.part(upTo: $0.sha).key)
        }
        if event.state == "forced" { return isKnown ? nil : news }
        guard let last = news.commits.last else { return nil }
        if isKnown { news.sha = last.sha }
        return news
    }
}
