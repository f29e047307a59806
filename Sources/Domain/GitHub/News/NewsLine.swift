internal import Primitives

// Change: what threads learn from GitHub
/// The lines that notify threads of events on GitHub. Pure.
package enum NewsLine {
    private static let commitLimit = 3
    private static let checkLimit = 5
    /// Of those who may not push to the repository: they may write any number.
    private static let outsiderLimit = 10

    /// The lines for events that are reported together: comments of one review share a line, and so do failed checks of
    /// one commit. Of outsiders' texts there are only so many, and at the end the number of the others.
    ///
    /// - Parameter command: a command as people type it in the thread's room, in Markdown.
    package static func lines(for events: [NewsEvent], command: (String) -> String) -> [String] {
        var groups = NewsGroups(events)
        var lines: [String] = []
        var outsiders = 0
        while let event = groups.next() {
            let line = self.line(event, &groups, command)
            if event.isByOutsider { outsiders += 1 }
            if !event.isByOutsider || outsiders <= self.outsiderLimit { lines.append(line) }
        }
        if outsiders > self.outsiderLimit {
            lines.append("and \(outsiders - self.outsiderLimit) more by people who may not push to the repository.")
        }
        return lines
    }

    private static func line(_ event: NewsEvent, _ groups: inout NewsGroups, _ command: (String) -> String) -> String {
        switch event.kind {
        case .push: return self.push(event)
        case .pull: return self.pull(event)
        case .comment:
            return self.written(event, "\(self.author(event)) commented on \(self.number(event))", command)
        case .review: return self.review(event, groups.takeComments(ofReview: event.id), command)
        case .lineComment:
            let others = event.review.map { groups.takeComments(ofReview: $0) } ?? []
            if let review = event.review.flatMap({ groups.takeReview($0) }) {
                return self.review(review, [event] + others, command)
            }
            return self.lineComments([event] + others, command)
        case .check, .workflow: return self.checks([event] + groups.takeFailures(of: event.sha), command)
        }
    }

    // MARK: The lines

    private static func push(_ event: NewsEvent) -> String {
        let branch = GitHubTexts.code(event.branch ?? "")
        guard event.sha != nil else { return "\(self.author(event)) deleted the branch \(branch) on GitHub." }
        let count = event.commits.count
        let shown = event.commits.suffix(self.commitLimit).map {
            "\(GitHubTexts.code(String($0.sha.prefix(7)))) \(GitHubTexts.plain($0.subject, limit: 80))"
        }
        let what = event.state == "forced" ? "rewrote" : "pushed to"
        let more = count > shown.count ? "\(count - shown.count) earlier and " : ""
        let commits =
            count == 0
            ? "now at \(GitHubTexts.code(String((event.sha ?? "").prefix(7))))"
            : "\(count.counted("commit")), \(more)\(shown.joined(separator: ", "))"
        return self.linked("\(self.author(event)) \(what) \(branch): \(commits)", event)
    }

    private static func pull(_ event: NewsEvent) -> String {
        let number = self.number(event)
        let text =
            switch event.state {
            case "merged": event.author == nil ? "\(number) was merged" : "\(self.author(event)) merged \(number)"
            case "reopened": "\(self.author(event)) reopened \(number)"
            default:
                event.author == nil
                    ? "\(number) was closed without a merge"
                    : "\(self.author(event)) closed \(number) without a merge"
            }
        return self.linked(text, event)
    }

    private static func review(
        _ event: NewsEvent, _ comments: [NewsEvent], _ command: (String) -> String
    ) -> String {
        let (author, number) = (self.author(event), self.number(event))
        let verdict =
            switch event.state {
            case "approved": "\(author) approved \(number)"
            case "changes_requested": "\(author) requests changes of \(number)"
            default: "\(author) reviewed \(number)"
            }
        let places = comments.prefix(self.checkLimit).map(self.place).joined(separator: ", ")
        let count = comments.count.counted("comment")
        let head = comments.isEmpty ? verdict : "\(verdict) with \(count) (\(places))"
        return self.written(
            event, head, command, needsAnswer: event.state != "approved" || !comments.isEmpty)
    }

    private static func lineComments(_ events: [NewsEvent], _ command: (String) -> String) -> String {
        let first = events[0]
        guard events.count > 1 else {
            return self.written(
                first, "\(self.author(first)) commented on \(self.place(first)) in \(self.number(first))", command)
        }
        let places = events.prefix(self.checkLimit).map(self.place).joined(separator: ", ")
        return self.written(
            first, "\(self.author(first)) made \(events.count) comments in \(self.number(first)) (\(places))", command)
    }

    private static func checks(_ events: [NewsEvent], _ command: (String) -> String) -> String {
        let named = events.prefix(self.checkLimit).map { event in
            [GitHubTexts.code(event.name ?? "check"), GitHubTexts.link(event.url)].compactMap { $0 }
                .joined(separator: " ")
        }
        let more = events.count > named.count ? " and \(events.count - named.count) more" : ""
        let what = events.count == 1 ? "A check failed" : "\(events.count) checks failed"
        let commit = events[0].sha.map { " for \(GitHubTexts.code(String($0.prefix(7))))" } ?? ""
        return
            "\(what)\(commit): \(named.joined(separator: ", "))\(more) — write \(command("fix")) to let me repair it."
    }

    // MARK: Their parts

    /// Someone's text, with a hint on how to answer it.
    private static func written(
        _ event: NewsEvent, _ head: String, _ command: (String) -> String, needsAnswer: Bool = true
    ) -> String {
        let text = GitHubTexts.plain(event.text ?? "", limit: 300)
        let line = self.linked(text.isEmpty ? head : "\(head): “\(text)”", event)
        return needsAnswer ? "\(line) — write \(command("fix")) to let me answer." : line
    }

    private static func linked(_ text: String, _ event: NewsEvent) -> String {
        GitHubTexts.link(event.url).map { "\(text) \($0)" } ?? text
    }

    private static func author(_ event: NewsEvent) -> String {
        event.author.map { GitHubTexts.plain($0, limit: 60) } ?? "Somebody"
    }

    private static func number(_ event: NewsEvent) -> String { "\\#\(event.pull ?? 0)" }

    private static func place(_ event: NewsEvent) -> String {
        let path = event.path ?? "the whole change"
        return GitHubTexts.code(event.line.map { "\(path):\($0)" } ?? path)
    }
}

/// Events in their order, of which some share the line of an earlier one. Groups are made once, because there may be
/// thousands of events.
private struct NewsGroups {
    private let events: [NewsEvent]
    private var position = 0
    private var isTaken: [Bool]
    /// Their places: the line comments and the reviews by the review's id, failed checks by their commits.
    private var comments: [String: [Int]] = [:]
    private var reviews: [String: [Int]] = [:]
    private var failures: [String?: [Int]] = [:]

    init(_ events: [NewsEvent]) {
        self.events = events
        self.isTaken = [Bool](repeating: false, count: events.count)
        for (place, event) in events.enumerated() {
            switch event.kind {
            case .lineComment: if let review = event.review { self.comments[review, default: []].append(place) }
            case .review: self.reviews[event.id, default: []].append(place)
            default: break
            }
            if event.isFailure { self.failures[event.sha, default: []].append(place) }
        }
    }

    /// Takes the first one that is left.
    mutating func next() -> NewsEvent? {
        while self.position < self.events.count {
            defer { self.position += 1 }
            if !self.isTaken[self.position] {
                self.isTaken[self.position] = true
                return self.events[self.position]
            }
        }
        return nil
    }

    mutating func takeComments(ofReview id: String) -> [NewsEvent] { self.take(self.comments.removeValue(forKey: id)) }

    /// The first review with an id; others with the same one are taken, too.
    mutating func takeReview(_ id: String) -> NewsEvent? { self.take(self.reviews.removeValue(forKey: id)).first }

    mutating func takeFailures(of commit: String?) -> [NewsEvent] {
        self.take(self.failures.removeValue(forKey: commit))
    }

    private mutating func take(_ places: [Int]?) -> [NewsEvent] {
        let left = (places ?? []).filter { !self.isTaken[$0] }
        for place in left { self.isTaken[place] = true }
        return left.map { self.events[$0] }
    }
}
