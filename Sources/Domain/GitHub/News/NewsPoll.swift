internal import HTTP
internal import JSON
internal import Primitives

/// Polls one repository. A value: keep the changed copy only after its findings are stored.
///
/// The list of pull requests shows which of them have changed, so that only those cost further requests, and an
/// unchanged answer is free.
package struct NewsPoll: Sendable {
    private static let pageSize = 100
    /// The sizes of a page, and of its parts if it is too large: each is a whole number of the next.
    private static let pageSizes = [Self.pageSize, 20, 4, 1]
    private static let pageLimit = 10
    /// The most pull requests and answers that are remembered between rounds, besides those of the current watches.
    private static let memoryLimit = 1_000

    private let repository: GitHubRepositoryName
    private var tags: [NewsRequest: String] = [:]
    /// The pages whose last answers had as many items as a page may have.
    private var fullPages: Set<NewsRequest> = []
    /// What this round has asked for.
    private var asked: Set<NewsRequest> = []
    /// When each pull request last changed, as GitHub writes it.
    private var changes: [Int: String] = [:]
    private var pullHeads: [Int: String] = [:]
    private var openPulls: [String: Int] = [:]
    private var branchHeads: [String: String] = [:]
    /// The watch at which the last round ended early; else 0.
    private var start = 0

    package init(_ repository: GitHubRepositoryName) {
        self.repository = repository
    }

    private var name: String { self.repository.description }

    /// The events for these watches. A pull request or a branch that cannot be read is left to the next round. Throws the
    /// source's other errors.
    package mutating func round(
        _ watches: [WatchedBranch], from source: some GitHubNewsSource
    ) async throws -> NewsSnapshot {
        self.asked = []
        var snapshot = NewsSnapshot()
        let listed = try await self.pulls(source, into: &snapshot)
        for branch in Set(watches.map(\.branch)) { snapshot.pulls[branch] = self.openPulls[branch] }
        var pulls: Set<Int> = []
        var branches: Set<String> = []
        // What the last round did not come to is first: what fails each time must not hold it up for good.
        let start = watches.indices.contains(self.start) ? self.start : 0
        self.start = 0
        for place in watches.indices {
            let index = (start + place) % watches.count
            let watch = watches[index]
            let wasOver = snapshot.isOver
            if let pull = self.pull(of: watch), pulls.insert(pull).inserted,
                self.changes[pull] == nil || listed.contains(pull)
            {
                let (change, tags) = (self.changes[pull], self.tags)
                // Until it is read: the next round reads it anew.
                self.changes[pull] = nil
                if !snapshot.isOver {
                    // Of all threads that watch it, the one that has watched longest.
                    let since = watches.filter { self.pull(of: $0) == pull }.map(\.since).min() ?? watch.since
                    do {
                        try await self.words(of: pull, since: since, source, into: &snapshot)
                        self.changes[pull] = change ?? ""
                        snapshot.failuresInARow = 0
                    } catch let error as GitHubError where error.code != .unauthorized {
                        self.tags = tags
                        snapshot.note(error)
                    }
                }
            }
            if !snapshot.isOver, branches.insert(watch.branch).inserted {
                let tags = self.tags
                do {
                    let same = watches.filter { $0.branch == watch.branch }
                    if let head = try await self.head(of: same, source, into: &snapshot) {
                        snapshot.heads[watch.branch] = head
                        try await self.checks(of: head, on: watch.branch, source, into: &snapshot)
                    }
                    snapshot.failuresInARow = 0
                } catch let error as GitHubError where error.code != .unauthorized {
                    self.tags = tags
                    snapshot.note(error)
                }
            }
            if snapshot.isOver, !wasOver { self.start = index }
        }
        self.forget(except: watches)
        // Pushes first: they change which checks count.
        snapshot.events.sort { $0.kind == .push && $1.kind != .push }
        return snapshot
    }

    /// A hash, a time, a tag or the name of a branch. Longer than GitHub's, it counts as missing: many are remembered.
    private static func short(_ text: String?) -> String? { text.flatMap { $0.utf8.count <= 255 ? $0 : nil } }

    /// Forgets what no watch needs, the oldest pull requests first. Whatever is forgotten is read again when it is
    /// needed.
    private mutating func forget(except watches: [WatchedBranch]) {
        let branches = Set(watches.map(\.branch)), pulls = Set(watches.compactMap { self.pull(of: $0) })
        self.changes = self.changes.filter { pulls.contains($0.key) }
        self.branchHeads = self.branchHeads.filter { branches.contains($0.key) }
        if let oldest = Self.oldest(of: self.pullHeads.keys) {
            self.pullHeads = self.pullHeads.filter { $0.key >= oldest || pulls.contains($0.key) }
        }
        if let oldest = Self.oldest(of: self.openPulls.values) {
            self.openPulls = self.openPulls.filter { $0.value >= oldest || branches.contains($0.key) }
        }
        if self.tags.count > Self.memoryLimit {
            self.tags = self.tags.filter { self.asked.contains($0.key) }
            self.fullPages.formIntersection(self.asked)
        }
    }

    /// The oldest pull request to remember; nil if all are few enough.
    private static func oldest(of numbers: some Collection<Int>) -> Int? {
        numbers.count > Self.memoryLimit ? numbers.sorted(by: >)[Self.memoryLimit - 1] : nil
    }

    /// How much is remembered.
    var size: Int {
        self.tags.count + self.fullPages.count + self.changes.count + self.pullHeads.count + self.openPulls.count
            + self.branchHeads.count
    }

    private func pull(of watch: WatchedBranch) -> Int? { watch.pull ?? self.openPulls[watch.branch] }

    /// Reads the list of pull requests. Returns the numbers of those that have changed.
    private mutating func pulls(
        _ source: some GitHubNewsSource, into snapshot: inout NewsSnapshot
    ) async throws -> Set<Int> {
        let query: HTTPQuery = ["state": "all", "sort": "updated", "direction": "desc"]
        let list: [JSON] = try await self.page(1, of: ["pulls"], query, source) { $0 }.items
        var changed: Set<Int> = []
        // The oldest first, so that a branch's newest pull request wins.
        for pull in list.reversed() {
            guard let number = pull["number"]?.intValue else { continue }
            self.pullHeads[number] = Self.short(pull["head"]?["sha"]?.stringValue)
            if let branch = Self.short(NewsReader.headBranch(of: pull, in: self.name)) {
                if pull["state"]?.stringValue == "open" {
                    self.openPulls[branch] = number
                } else if self.openPulls[branch] == number {
                    self.openPulls[branch] = nil
                }
            }
            let time = Self.short(pull["updated_at"]?.stringValue) ?? ""
            guard self.changes[number] != time else { continue }
            // A watch that has not been polled yet stays new.
            if self.changes[number] != nil { self.changes[number] = time }
            changed.insert(number)
            if let event = NewsReader.pull(pull, in: self.name) { snapshot.events.append(event) }
        }
        return changed
    }

    /// Reads what people wrote in a pull request.
    private mutating func words(
        of pull: Int, since: Int64, _ source: some GitHubNewsSource, into snapshot: inout NewsSnapshot
    ) async throws {
        let (time, name) = (CivilTime(milliseconds: since).rfc3339Seconds, self.name)
        snapshot.events += try await self.pages(["pulls", "\(pull)", "reviews"], [:], source) {
            NewsReader.review($0, ofPull: pull, in: name)
        }
        snapshot.events += try await self.pages(["pulls", "\(pull)", "comments"], ["since": time], source) {
            NewsReader.lineComment($0, ofPull: pull, in: name)
        }
        snapshot.events += try await self.pages(["issues", "\(pull)", "comments"], ["since": time], source) {
            NewsReader.comment($0, ofPull: pull, in: name)
        }
    }

    // MARK: Branches and checks

    private mutating func head(
        of watches: [WatchedBranch], _ source: some GitHubNewsSource, into snapshot: inout NewsSnapshot
    ) async throws -> String? {
        let branch = watches[0].branch
        let pull = watches.lazy.compactMap(\.pull).first ?? self.openPulls[branch]
        let head: String?
        if let pull, let listed = self.pullHeads[pull] {
            head = listed
        } else {
            head = try await self.reference(branch, source)
        }
        for old in Set(watches.compactMap(\.head)) where old != head {
            var event = NewsEvent(.push, repository: self.name)
            event.branch = branch
            event.before = old
            event.sha = head
            if let head {
                try await self.compare(old, head, source, into: &event)
            } else if pull == nil {
                event.state = "deleted"
            } else {
                continue
            }
            snapshot.events.append(event)
        }
        return head
    }

    private mutating func reference(_ branch: String, _ source: some GitHubNewsSource) async throws -> String? {
        let names = branch.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let request = NewsRequest(self.repository, ["git", "ref", "heads"] + names)
        self.asked.insert(request)
        switch try await source.get(request, unless: self.branchHeads[branch] == nil ? nil : self.tags[request]) {
        case .unchanged: break
        case .missing: self.branchHeads[branch] = nil
        case .found(let json, let tag):
            self.tags[request] = Self.short(tag)
            self.branchHeads[branch] = Self.short(json["object"]?["sha"]?.stringValue)
        }
        return self.branchHeads[branch]
    }

    /// Adds the commits of a push.
    private func compare(
        _ old: String, _ head: String, _ source: some GitHubNewsSource, into event: inout NewsEvent
    ) async throws {
        let request = NewsRequest(self.repository, ["compare", "\(old)...\(head)"])
        let answer: NewsAnswer
        do {
            answer = try await source.get(request, unless: nil)
        } catch let error as GitHubError where [.tooLarge, .unavailable, .unreachable].contains(error.code) {
            // GitHub also fails each time if the difference takes it too long.
            return try await self.last(head, source, into: &event)
        }
        guard case .found(let json, _) = answer else { return }
        let commits = json["commits"]?.arrayValue ?? []
        if json["status"]?.stringValue == "diverged" || json["status"]?.stringValue == "behind" {
            event.state = "forced"
        }
        event.url = json["html_url"]?.stringValue
        event.commits = commits.compactMap { commit in
            guard let sha = commit["sha"]?.stringValue else { return nil }
            return NewsReader.commit(sha, commit["commit"]?["message"]?.stringValue ?? "")
        }
        let last = commits.last { commit in
            let text = commit["commit"]?["message"]?.stringValue ?? ""
            return !NewsReader.commit("", text).hasTrailer
        }
        event.author = NewsReader.login(last?["author"]) ?? last?["commit"]?["author"]?["name"]?.stringValue
    }

    /// Adds only the last commit of a push, without the changes in its files, which may be what is too large.
    private func last(_ head: String, _ source: some GitHubNewsSource, into event: inout NewsEvent) async throws {
        let request = NewsRequest(self.repository, ["git", "commits", head])
        do {
            guard case .found(let json, _) = try await source.get(request, unless: nil) else { return }
            let commit = NewsReader.commit(head, json["message"]?.stringValue ?? "")
            event.commits = [commit]
            if !commit.hasTrailer { event.author = json["author"]?["name"]?.stringValue }
        } catch let error as GitHubError where error.code == .tooLarge {
            // A push without commits is still news.
        }
    }

    private mutating func checks(
        of sha: String, on branch: String, _ source: some GitHubNewsSource, into snapshot: inout NewsSnapshot
    ) async throws {
        let name = self.name
        var events = try await self.page(1, of: ["commits", sha, "check-runs"], ["filter": "latest"], source) {
            NewsReader.check($0, in: name)
        }.items
        let statuses = try await self.get(NewsRequest(self.repository, ["commits", sha, "status"]), source)
        events += (statuses?["statuses"]?.arrayValue ?? []).prefix(Self.pageSize).compactMap {
            NewsReader.status($0, of: sha, in: self.name)
        }
        for var event in events {
            event.branch = branch
            event.sha = sha
            snapshot.events.append(event)
        }
    }

    // MARK: Requests

    /// The changed object; nil for an unchanged or missing one.
    private mutating func get(_ request: NewsRequest, _ source: some GitHubNewsSource) async throws -> JSON? {
        self.asked.insert(request)
        guard case .found(let json, let tag) = try await source.get(request, unless: self.tags[request]) else {
            return nil
        }
        self.tags[request] = Self.short(tag)
        return json
    }

    /// The items of all changed pages, as far as `read` reads them.
    private mutating func pages<Item>(
        _ path: [String], _ query: HTTPQuery, _ source: some GitHubNewsSource, _ read: (JSON) -> Item?
    ) async throws -> [Item] {
        var items: [Item] = []
        for number in 1...Self.pageLimit {
            let page = try await self.page(number, of: path, query, source, read)
            items += page.items
            if !page.isFull { break }
        }
        return items
    }

    /// What `read` reads of a page, if it has changed, and whether more pages may follow. A page that is too large is read
    /// in parts; an item that is too large by itself is skipped.
    private mutating func page<Item>(
        _ number: Int, of path: [String], _ query: HTTPQuery, _ source: some GitHubNewsSource, step: Int = 0,
        _ read: (JSON) -> Item?
    ) async throws -> (items: [Item], isFull: Bool) {
        let size = Self.pageSizes[step]
        let more: HTTPQuery = ["per_page": "\(size)", "page": "\(number)"]
        let request = NewsRequest(self.repository, path, HTTPQuery(query.items + more.items))
        do {
            let json = try await self.get(request, source)
            guard let list = json?.arrayValue ?? json?["check_runs"]?.arrayValue else {
                return ([], self.fullPages.contains(request))
            }
            if list.count < size { self.fullPages.remove(request) } else { self.fullPages.insert(request) }
            // A server or a proxy may give more than was asked for, and all of it would be stored in one transaction.
            return (list.prefix(size).compactMap(read), list.count >= size)
        } catch let error as GitHubError where error.code == .tooLarge {
            guard step + 1 < Self.pageSizes.count else { return ([], true) }
            let parts = size / Self.pageSizes[step + 1]
            var items: [Item] = []
            for part in (number - 1) * parts + 1...number * parts {
                let page = try await self.page(part, of: path, query, source, step: step + 1, read)
                items += page.items
                if !page.isFull { return (items, false) }
            }
            return (items, true)
        }
    }
}

/// What polling has found in one repository.
package struct NewsSnapshot: Sendable, Hashable {
    /// In the order in which a webhook would report them. Most are known already.
    package var events: [NewsEvent] = []
    /// The current commits of the polled branches.
    package var heads: [String: String] = [:]
    /// The open pull requests of the polled branches, by branch.
    package var pulls: [String: Int] = [:]
    /// Why some pull requests and branches could not be read.
    package var failures: [String] = []
    /// Whether some of them can perhaps be read soon.
    package private(set) var isIncomplete = false
    /// Whether the round has to end without those that are left.
    private(set) var isOver = false
    /// Since something was read.
    var failuresInARow = 0

    /// With more, GitHub itself has a problem; each takes minutes, and other repositories wait.
    private static let failureLimit = 3

    package init() {}

    /// Notes why a pull request or a branch could not be read.
    mutating func note(_ error: GitHubError) {
        self.failures.append(error.message)
        guard error.isPassing else { return }
        self.isIncomplete = true
        self.failuresInARow += 1
        // A limit, or a long queue, is the same for all.
        let isOfOne = [.unavailable, .unreachable].contains(error.code)
        if !isOfOne || self.failuresInARow == Self.failureLimit { self.isOver = true }
    }
}
