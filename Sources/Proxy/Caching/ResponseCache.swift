internal import HTTP

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
    private(set) var size = 0
    private(set) var count = 0
    private var clock: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var isOff: Bool { self.limit <= 0 }
    /// The largest body that is cached, in bytes.
    var bodyLimit: Int { self.limit / Self.largestShare }

    mutating func entry(for url: String, _ request: HTTPHeaders) -> CacheEntry? {
        guard let index = self.slots[url]?.firstIndex(where: { $0.entry.isSelected(by: request) }) else { return nil }
        self.clock += 1
        self.slots[url]?[index].usedAt = self.clock
        return self.slots[url]?[index].entry
    }

    /// Caches an answer, replacing the one that the same request would have selected.
    mutating func keep(_ entry: CacheEntry, for url: String, _ request: HTTPHeaders) {
        guard entry.body.count <= self.bodyLimit else { return }
        self.clock += 1
        var slots = self.slots[url] ?? []
        if let old = slots.firstIndex(where: { $0.entry.isSelected(by: request) }) { self.drop(&slots, at: old) }
        if slots.count >= Self.variants, let oldest = slots.indices.min(by: { slots[$0].usedAt < slots[$1].usedAt }) {
            self.drop(&slots, at: oldest)
        }
        slots.append(Slot(entry: entry, usedAt: self.clock))
        self.size += entry.cost
        self.count += 1
        self.slots[url] = slots
        while self.size > self.limit || self.count > Self.maximumCount { self.dropOldest() }
    }

    /// Removes answers that an unsafe method may have changed (RFC 9111 §4.4).
    mutating func invalidate(_ url: String) {
        for slot in self.slots.removeValue(forKey: url) ?? [] {
            self.size -= slot.entry.cost
            self.count -= 1
        }
    }

    mutating func removeAll() {
        self.slots = [:]
        self.size = 0
        self.count = 0
    }

    private mutating func drop(_ slots: inout [Slot], at index: Int) {
        self.size -= slots.remove(at: index).entry.cost
        self.count -= 1
    }

    private mutating func dropOldest() {
        let oldest = self.slots.compactMap { url, slots in slots.map(\.usedAt).min().map { (url, $0) } }
            .min { $0.1 < $1.1 }
        guard let (url, usedAt) = oldest, var slots = self.slots[url],
            let index = slots.firstIndex(where: { $0.usedAt == usedAt })
        else { return }
        self.drop(&slots, at: index)
        self.slots[url] = slots.isEmpty ? nil : slots
    }
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
        self.selecting.allSatisfy { request.values(of: $0.name) == $0.values }
    }

    /// Its approximate size in memory, in bytes.
    var cost: Int { self.body.count + self.headers.rawBytes.count + 512 }
}
