import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite("Cache rules (RFC 9111)")
struct CachePolicyTests {
    private static let now: Int64 = 1_790_000_000_000

    private func entry(
        _ response: HTTPHeaders, request: HTTPHeaders = [:], status: HTTPStatus = .ok
    ) -> CacheEntry? {
        CachePolicy.entry(for: status, response, request: request, now: Self.now)
    }

    private func word(_ decision: CachePolicy.Decision) -> String {
        switch decision {
        case .bypass: "bypass"
        case .miss: "miss"
        case .hit: "hit"
        case .revalidate: "revalidate"
        case .notCached: "not cached"
        }
    }

    @Test(
        "cacheable answers and their lifetimes",
        arguments: [
            (["Cache-Control": "max-age=60"], 60),
            (["Cache-Control": "private, max-age=60"], 60),
            (["Cache-Control": "s-maxage=5, max-age=60"], 60),
            (["Cache-Control": "max-age=60, max-age=30"], 30),
            (["Cache-Control": "MAX-AGE=\"60\""], 60),
            (["Cache-Control": "max-age=99999999999999999999"], Int(Int32.max)),
            (["Cache-Control": "max-age=x", "ETag": "\"1\""], 0),
            (["Cache-Control": "no-cache, max-age=60", "ETag": "\"1\""], 0),
            (["ETag": "\"1\""], 0),
            (["Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"], 0),
            (["Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Expires": "Sun, 06 Nov 1994 08:50:37 GMT"], 60),
            (["Expires": "0", "ETag": "\"1\""], 0),
        ] as [(HTTPHeaders, Int)])
    func kept(_ response: HTTPHeaders, lifetime: Int) {
        expectEqual(self.entry(response)?.lifetime, lifetime)
    }

    @Test(
        "answers that are not cacheable",
        arguments: [
            ([:], [:], 200), (["Cache-Control": "no-store, max-age=60"], [:], 200),
            (["Cache-Control": "no-cache"], [:], 200), (["Cache-Control": "max-age=0"], [:], 200),
            (["Cache-Control": "max-age=60", "Vary": "*"], [:], 200),
            (["Cache-Control": "max-age=60"], ["Cache-Control": "no-store"], 200),
            (["Cache-Control": "max-age=60"], [:], 206), (["Cache-Control": "max-age=60"], [:], 500),
            (["ETag": "\"1\""], [:], 404),
        ] as [(HTTPHeaders, HTTPHeaders, Int)])
    func notKept(_ response: HTTPHeaders, _ request: HTTPHeaders, _ status: Int) {
        #expect(self.entry(response, request: request, status: HTTPStatus(status)) == nil)
    }

    @Test(
        "how a cached answer is used",
        arguments: [
            ([:], 0, "hit"), ([:], 59, "hit"), ([:], 60, "revalidate"),
            (["Cache-Control": "no-cache"], 0, "revalidate"), (["Pragma": "no-cache"], 0, "revalidate"),
            (["Cache-Control": "no-store"], 0, "bypass"), (["Cache-Control": "max-age=10"], 11, "revalidate"),
            (["Cache-Control": "max-age=10"], 10, "hit"), (["Cache-Control": "min-fresh=30"], 31, "revalidate"),
            (["Cache-Control": "max-stale=100"], 61, "revalidate"),
            (["Cache-Control": "only-if-cached"], 5, "hit"), (["Cache-Control": "only-if-cached"], 61, "not cached"),
        ] as [(HTTPHeaders, Int64, String)])
    func decision(_ request: HTTPHeaders, seconds: Int64, word: String) {
        let entry = self.entry(["Cache-Control": "max-age=60", "ETag": "\"1\""])
        expectEqual(self.word(CachePolicy.decide(request, entry: entry, now: Self.now + seconds * 1_000)), word)
    }

    @Test("an empty cache is a miss, or nothing for only-if-cached")
    func empty() {
        expectEqual(self.word(CachePolicy.decide([:], entry: nil, now: 0)), "miss")
        expectEqual(
            self.word(CachePolicy.decide(["Cache-Control": "only-if-cached"], entry: nil, now: 0)), "not cached")
    }

    @Test("the age counts from the answer's Age or Date, whichever is older")
    func age() {
        let date = HTTPDate.format(Int(Self.now / 1_000) - 30)
        expectEqual(self.entry(["Cache-Control": "max-age=60", "Age": "20"])?.age(at: Self.now + 5_000), 25)
        expectEqual(self.entry(["Cache-Control": "max-age=60", "Date": date, "Age": "20"])?.age(at: Self.now), 30)
    }

    @Test("Vary selects answers, except for the token that the proxy adds")
    func vary() {
        let response: HTTPHeaders = ["Cache-Control": "max-age=60", "Vary": "Accept, Authorization"]
        let entry = self.entry(response, request: ["Accept": "a"])
        expectEqual(entry?.isSelected(by: ["Accept": "a"]), true)
        expectEqual(entry?.isSelected(by: ["Accept": "a", "Authorization": "x"]), true)
        expectEqual(entry?.isSelected(by: ["Accept": "b"]), false)
        expectEqual(entry?.isSelected(by: [:]), false)
    }

    @Test(
        "the cache handles only plain GET requests",
        arguments: [
            (.get, [:], true), (.get, ["If-None-Match": "\"1\""], true), (.get, ["Range": "bytes=0-1"], false),
            (.get, ["If-Modified-Since": "x"], false), (.head, [:], false), (.post, [:], false),
        ] as [(HTTPMethod, HTTPHeaders, Bool)])
    func handles(_ method: HTTPMethod, _ headers: HTTPHeaders, _ expected: Bool) {
        expectEqual(CachePolicy.handles(method, headers), expected)
    }

    @Test("a 304 refreshes the cached answer")
    func refreshed() throws {
        let entry = try #require(self.entry(["Cache-Control": "max-age=60", "ETag": "W/\"1\"", "Age": "50", "X": "y"]))
        let (fresh, _) = CachePolicy.refreshed(
            entry, by: ["Cache-Control": "max-age=90"], request: [:], now: Self.now + 70_000)
        #expect(fresh.lifetime == 90 && fresh.age(at: Self.now + 71_000) == 1)
        #expect(fresh.headers["x"] == "y" && fresh.headers["cache-control"] == "max-age=90")
        #expect(CachePolicy.clientHas(fresh, ["If-None-Match": "\"0\", \"1\""]))
        #expect(CachePolicy.clientHas(fresh, ["If-None-Match": "*"]))
        #expect(!CachePolicy.clientHas(fresh, ["If-None-Match": "\"2\""]))
        #expect(!CachePolicy.clientHas(fresh, [:]))
    }

    @Test("a 304 can forbid to keep the answer, or change what selects it, but not what it says about the body")
    func renewed() throws {
        let entry = try #require(
            self.entry(["Cache-Control": "max-age=60", "ETag": "\"1\"", "Content-Type": "text/plain", "X": "old"]))
        func renew(_ headers: HTTPHeaders) -> (entry: CacheEntry, mayStay: Bool) {
            CachePolicy.refreshed(entry, by: headers, request: ["Accept": "a"], now: Self.now)
        }
        #expect(!renew(["Cache-Control": "no-store"]).mayStay)
        #expect(!renew(["Vary": "*"]).mayStay)
        let (varying, mayStay) = renew(["Vary": "Accept", "X": "new", "Content-Type": "text/html"])
        #expect(mayStay && varying.isSelected(by: ["Accept": "a"]) && !varying.isSelected(by: ["Accept": "b"]))
        #expect(varying.headers["x"] == "new" && varying.headers["content-type"] == "text/plain")
    }

    @Test("a 304 replaces all fields of a name, and takes one pass for all of them", .timeLimit(.minutes(1)))
    func manyFields() throws {
        let entry = try #require(
            self.entry(["Cache-Control": "max-age=60", "ETag": "\"1\"", "A": "1", "a": "2", "B": "3"]))
        var headers: HTTPHeaders = ["a": "4", "A": "5", "ETag": "\"2\""]
        // A pass for each name would compare ten billion times.
        for number in 0..<100_000 { headers.append("x\(number)", "y") }
        let (renewed, _) = CachePolicy.refreshed(entry, by: headers, request: [:], now: Self.now)
        expectEqual(renewed.headers.count, 100_005)
        expectEqual(renewed.headers.values(of: "a"), ["4", "5"])
        #expect(renewed.headers["b"] == "3" && renewed.etag == "\"2\"")
    }

    @Test("an answer that depends on more than 32 fields of the request is not cached")
    func longVary() {
        func vary(_ count: Int) -> HTTPHeaders {
            ["Cache-Control": "max-age=60", "Vary": (0..<count).map { "x\($0)" }.joined(separator: ", ")]
        }
        #expect(self.entry(vary(32)) != nil)
        #expect(self.entry(vary(33)) == nil)
    }

    @Test(
        "ages and lifetimes beyond all sense are very long", arguments: ["9223372036854775807", "99999999999999999999"])
    func endless(_ seconds: String) throws {
        let headers: HTTPHeaders = ["Cache-Control": "max-age=\(seconds)", "ETag": "\"1\"", "Age": seconds]
        let entry = try #require(self.entry(headers))
        #expect(entry.age(at: Self.now + 5_000) == Int(Int32.max) + 5 && entry.lifetime == Int(Int32.max))
        let wanted: HTTPHeaders = ["Cache-Control": "min-fresh=\(seconds), max-age=\(seconds)"]
        guard case .revalidate = CachePolicy.decide(wanted, entry: entry, now: Self.now + 5_000) else {
            Issue.record("it is not fresh")
            return
        }
    }
}
