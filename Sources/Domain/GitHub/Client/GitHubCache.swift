internal import Copilot
internal import HTTP

/// Answers of GitHub by token and address, for conditional requests. Pure; times are milliseconds of one clock.
struct GitHubCache: Sendable {
    struct Key: Sendable, Hashable {
        let token: GitHubToken?
        let url: HTTPURL
        let accept: String
    }

    struct Entry: Sendable {
        let etag: String?
        let answer: GitHubAnswer
        /// In lower case: names of repositories ignore case.
        let repository: String?
        /// When GitHub last confirmed it; nil after a write that may have changed it.
        var confirmedAt: Int64?
        var usedAt: Int

        var size: Int { self.answer.body.count + self.answer.headers.rawBytes.count + 256 }
    }

    let maximumEntries: Int
    let maximumBytes: Int
    private var entries: [Key: Entry] = [:]
    private(set) var bytes = 0
    private var uses = 0
    /// Counts writes, so that an answer requested before a write is not stored as current after it.
    private(set) var generation = 0

    init(maximumEntries: Int, maximumBytes: Int) {
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    var count: Int { self.entries.count }

    mutating func entry(_ key: Key) -> Entry? {
        guard self.entries[key] != nil else { return nil }
        self.uses += 1
        self.entries[key]?.usedAt = self.uses
        return self.entries[key]
    }

    /// The answer, if it was confirmed within `age` milliseconds and nothing was written since.
    mutating func answer(_ key: Key, within age: Int64, now: Int64) -> GitHubAnswer? {
        guard let entry = self.entry(key), let confirmedAt = entry.confirmedAt, now - confirmedAt < age else {
            return nil
        }
        return entry.answer
    }

    /// Stores an answer that was requested at `generation`. Large ones are left out: they would evict all others.
    mutating func store(
        _ answer: GitHubAnswer, as key: Key, repository: GitHubRepositoryName?, generation: Int, now: Int64
    ) {
        self.remove(key)
        let etag = answer.headers["etag"]
        self.uses += 1
        let entry = Entry(
            etag: etag, answer: answer, repository: repository.map(Self.name),
            confirmedAt: generation == self.generation ? now : nil, usedAt: self.uses)
        guard entry.size <= self.maximumBytes / 8 else { return }
        self.entries[key] = entry
        self.bytes += entry.size
        while self.entries.count > self.maximumEntries || self.bytes > self.maximumBytes { self.evict() }
    }

    /// Notes that GitHub answered 304.
    mutating func confirm(_ key: Key, generation: Int, now: Int64) {
        if generation == self.generation { self.entries[key]?.confirmedAt = now }
    }

    /// Marks everything about a repository as stale, to be revalidated by its ETag; nil marks everything.
    mutating func outdate(_ repository: GitHubRepositoryName?) {
        self.generation += 1
        let name = repository.map(Self.name)
        for key in self.entries.keys where name == nil || self.entries[key]?.repository == name {
            self.entries[key]?.confirmedAt = nil
        }
    }

    /// Drops what a token fetched, because it may no longer have access.
    mutating func forget(_ token: GitHubToken) {
        for key in self.entries.keys where key.token == token { self.remove(key) }
    }

    private mutating func remove(_ key: Key) {
        if let old = self.entries.removeValue(forKey: key) { self.bytes -= old.size }
    }

    /// Drops a tenth of the entries, the least recently used ones, so that searching for them is rare.
    private mutating func evict() {
        let oldest = self.entries.sorted { $0.value.usedAt < $1.value.usedAt }
        for (key, _) in oldest.prefix(max(1, self.entries.count / 10)) { self.remove(key) }
    }

    private static func name(_ repository: GitHubRepositoryName) -> String { repository.description.lowercased() }
}
