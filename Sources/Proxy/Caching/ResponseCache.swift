internal import HTTP
internal import Primitives

/// The cached answers of one upstream account; evicts the least recently used first. Pure.
struct ResponseCache: Sendable {
    private struct Slot {
        var entry: CacheEntry
        var usedAt: UInt64
    }

    /// The largest body that is cached is the limit divided by this.
    private static let largestShare = 8
    /// The maximum number of variants per URL.
    private static let variants = 8
    private static let maximumCount = 4_096

    private let limit: Int
    private var slots: [String: [Slot]] = [:]
    /// The URL of each entry, by the time of its last use.
    private var urls: [UInt64: String] = [:]
    /// The times of all uses, the oldest first; most are outdated, because their entries were used again.
    private var uses: [UInt64] = []
    /// The place in ``uses`` of the first that may still be current.
    private var first = 0
    private(set) var size = 0
    private var clock: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var isOff: Bool { self.limit <= 0 }
    /// The largest body that is cached, in bytes.
    var bodyLimit: Int { self.limit / Self.largestShare }
    var count: Int { self.urls.count }
    /// The number of uses that are remembered.
    var useCount: Int { self.uses.count }

    mutating func entry(for url: String, _ request: HTTPHeaders) -> CacheEntry? {
        guard let index = self.slots[url]?.firstIndex(where: { $0.entry.isSelected(by: request) }),
            let slot = self.slots[url]?[index]
        else { return nil }
        self.urls[slot.usedAt] = nil
        let now = self.use(of: url)
        self.slots[url]?[index].usedAt = now
        return slot.entry
    }

    /// Caches an answer, replacing the one that the same request would have selected.
    mutating func keep(_ entry: CacheEntry, for url: String, _ request: HTTPHeaders) {
        guard entry.body.count <= self.bodyLimit, Self.cost(entry, url) <= self.limit else { return }
        var slots = self.slots[url] ?? []
        if let old = slots.firstIndex(where: { $0.entry.isSelected(by: request) }) {
            self.drop(slots.remove(at: old), of: url)
        }
        if slots.count >= Self.variants, let oldest = slots.indices.min(by: { slots[$0].usedAt < slots[$1].usedAt }) {
            self.drop(slots.remove(at: oldest), of: url)
        }
        slots.append(Slot(entry: entry, usedAt: self.use(of: url)))
        self.size += Self.cost(entry, url)
        self.slots[url] = slots
        while self.size > self.limit || self.count > Self.maximumCount { self.dropOldest() }
    }

    /// Removes answers that an unsafe method may have changed (RFC 9111 §4.4).
    mutating func invalidate(_ url: String) {
        for slot in self.slots.removeValue(forKey: url) ?? [] { self.drop(slot, of: url) }
    }

    mutating func removeAll() { self = ResponseCache(limit: self.limit) }

    /// Notes a use, and returns its time.
    private mutating func use(of url: String) -> UInt64 {
        self.clock += 1
        // Removes at least a half at once, so that a use costs the same on average, however many entries there are.
        if self.uses.count >= 2 * Self.maximumCount {
            self.uses = self.uses[self.first...].filter { self.urls[$0] != nil }
            self.first = 0
        }
        self.uses.append(self.clock)
        self.urls[self.clock] = url
        return self.clock
    }

    private mutating func drop(_ slot: Slot, of url: String) {
        self.size -= Self.cost(slot.entry, url)
        self.urls[slot.usedAt] = nil
    }

    private mutating func dropOldest() {
        while self.first < self.uses.count {
            let usedAt = self.uses[self.first]
            self.first += 1
            guard let url = self.urls[usedAt], let index = self.slots[url]?.firstIndex(where: { $0.usedAt == usedAt }),
                let slot = self.slots[url]?.remove(at: index)
            else { continue }
            if self.slots[url]?.isEmpty == true { self.slots[url] = nil }
            return self.drop(slot, of: url)
        }
    }

    private static func cost(_ entry: CacheEntry, _ url: String) -> Int { entry.cost + url.utf8.count }
}

/// A cached answer, with the requests it applies to and its lifetime. Pure; times are milliseconds since 1970.
struct CacheEntry: Sendable {
    var status: HTTPStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    /// The request fields that selected this answer, as `Vary` names them.
    var selecting: [(name: String, values: [String])]
    var receivedAt: Int64
    /// The answer's age when it arrived, in seconds.
    var initialAge: Int
    /// How long it may be served without revalidation, in seconds.
    var lifetime: Int

    var etag: String? { self.headers[.etag] }
    var lastModified: String? { self.headers[.lastModified] }

    /// In seconds (RFC 9111 §4.2.3).
    func age(at now: Int64) -> Int { self.initialAge + Int(max(0, now - self.receivedAt) / 1_000) }

    func isSelected(by request: HTTPHeaders) -> Bool {
        self.selecting.allSatisfy { field in
            let values = request.values(of: field.name)
            return values.count == field.values.count && zip(values, field.values).allSatisfy { $0.hasBytes(of: $1) }
        }
    }

    /// Its approximate size in memory, in bytes, without its URL.
    var cost: Int {
        let selecting = self.selecting.flatMap { [$0.name] + $0.values }
        return self.body.count + self.headers.rawBytes.count + selecting.reduce(512) { $0 + $1.utf8.count + 16 }
    }
}
