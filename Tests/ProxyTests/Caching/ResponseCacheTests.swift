import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite("Response cache limits")
struct ResponseCacheTests {
    private func entry(_ size: Int, accept: [String] = []) -> CacheEntry {
        CacheEntry(
            status: .ok, headers: [:], body: [UInt8](repeating: 0, count: size),
            selecting: accept.isEmpty ? [] : [("accept", accept)], receivedAt: 0, initialAge: 0, lifetime: 60)
    }

    @Test("the least recently used answers are evicted first")
    func eviction() {
        var cache = ResponseCache(limit: 32_000)
        for number in 0..<8 { cache.keep(self.entry(3_000), for: "/\(number)", [:]) }
        expectEqual(cache.count, 8)
        #expect(cache.entry(for: "/0", [:]) != nil)
        for number in 8..<11 { cache.keep(self.entry(3_000), for: "/\(number)", [:]) }
        #expect(cache.entry(for: "/0", [:]) != nil && cache.entry(for: "/1", [:]) == nil)
        #expect(cache.size <= 32_000)
    }

    @Test("long URLs and selecting fields count, and the limit holds whatever is kept")
    func size() {
        var cache = ResponseCache(limit: 32_000)
        for number in 0..<100 {
            cache.keep(self.entry(1), for: "/\(number)" + String(repeating: "x", count: 8_000), [:])
        }
        #expect(cache.count == 3 && cache.size <= 32_000)
        for number in 0..<100 {
            cache.keep(self.entry(1, accept: [String(repeating: "x", count: 8_000)]), for: "/\(number)", [:])
        }
        #expect(cache.count == 3 && cache.size <= 32_000)
        cache.keep(self.entry(1), for: String(repeating: "x", count: 32_000), [:])
        expectEqual(cache.count, 3)
        cache.removeAll()
        #expect(cache.count == 0 && cache.size == 0)
    }

    @Test("uses are remembered up to a limit, and the oldest is found among them")
    func uses() {
        var cache = ResponseCache(limit: 32_000)
        for number in 0..<8 { cache.keep(self.entry(3_000), for: "/\(number)", [:]) }
        for number in 0..<20_000 { _ = cache.entry(for: "/\(number % 7)", [:]) }
        #expect(cache.useCount <= 8_192)
        for url in ["/8", "/9"] { cache.keep(self.entry(3_000), for: url, [:]) }
        #expect(cache.entry(for: "/7", [:]) == nil && cache.entry(for: "/0", [:]) != nil)
        for url in ["/8", "/9"] + (0..<7).map({ "/\($0)" }) { cache.invalidate(url) }
        #expect(cache.count == 0 && cache.size == 0)
        cache.keep(self.entry(3_000), for: "/again", [:])
        #expect(cache.entry(for: "/again", [:]) != nil)
    }

    @Test("a large answer is not cached, and a limit of 0 disables the cache")
    func large() {
        var cache = ResponseCache(limit: 32_000)
        cache.keep(self.entry(4_001), for: "/", [:])
        expectEqual(cache.count, 0)
        #expect(ResponseCache(limit: 0).isOff)
    }

    @Test("variants coexist up to a limit, and each replaces its predecessor")
    func variants() {
        var cache = ResponseCache(limit: 1 << 20)
        for number in 0..<20 { cache.keep(self.entry(1, accept: ["\(number)"]), for: "/", ["Accept": "\(number)"]) }
        expectEqual(cache.count, 8)
        cache.keep(self.entry(2, accept: ["19"]), for: "/", ["Accept": "19"])
        expectEqual(cache.count, 8)
        expectEqual(cache.entry(for: "/", ["Accept": "19"])?.body.count, 2)
        #expect(cache.entry(for: "/", ["Accept": "0"]) == nil)
        cache.invalidate("/")
        #expect(cache.count == 0 && cache.size == 0)
    }
}
