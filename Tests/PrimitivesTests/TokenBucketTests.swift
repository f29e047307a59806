import Primitives
import TestSupport
import Testing

@Suite("Token buckets")
struct TokenBucketTests {
    @Test("a burst goes at once, then one token each interval")
    func burst() {
        var bucket = TokenBucket(capacity: 6, interval: 10_000, at: 0)
        for _ in 0..<6 { expectEqual(bucket.take(at: 0), nil) }
        expectEqual(bucket.take(at: 0), 10_000)
        expectEqual(bucket.take(at: 4_000), 6_000)
        expectEqual(bucket.take(at: 10_000), nil)
        expectEqual(bucket.take(at: 10_000), 10_000)
    }

    @Test("a bucket never earns more than its capacity, and pays its debts")
    func debts() {
        var bucket = TokenBucket(capacity: 3, interval: 1_000, at: 0)
        expectEqual(bucket.tokens(at: 1_000_000), 3)
        bucket.spend(5, at: 1_000_000)
        expectEqual(bucket.wait(at: 1_000_000), 3_000)
        expectEqual(bucket.wait(at: 1_002_999), 1)
        expectEqual(bucket.wait(at: 1_003_000), 0)
        expectEqual(bucket.wait(for: 9, at: 1_005_000), 0)
    }

    @Test("rounding never asks for a wait that changes nothing")
    func rounding() {
        var bucket = TokenBucket(capacity: 1, interval: 1_000 / 3, at: 0)
        var now: Int64 = 0
        for _ in 0..<1_000 {
            if let wait = bucket.take(at: now) {
                now += wait
                expectEqual(bucket.take(at: now), nil)
            }
        }
        #expect((332_000...334_000).contains(now))
    }

    @Test("keys do not share tokens")
    func keys() {
        var buckets = KeyedTokenBuckets<String>(capacity: 1, interval: 60_000)
        expectEqual(buckets.take("one", at: 0), nil)
        expectEqual(buckets.take("two", at: 0), nil)
        expectEqual(buckets.take("one", at: 0), 60_000)
    }

    @Test("a clock that jumps back gives nothing and takes nothing")
    func clock() {
        var buckets = KeyedTokenBuckets<String>(capacity: 1, interval: 60_000)
        expectEqual(buckets.take("one", at: 100_000), nil)
        expectEqual(buckets.take("one", at: 0), 60_000)
        expectEqual(buckets.take("one", at: 160_000), nil)
        // One that was years ahead is not waited for either.
        expectEqual(buckets.take("two", at: 100_000_000_000), nil)
        expectEqual(buckets.take("two", at: 200_000), 60_000)
        expectEqual(buckets.take("two", at: 260_000), nil)
    }

    @Test("full buckets are dropped when there are too many")
    func pruning() {
        var buckets = KeyedTokenBuckets<Int>(capacity: 1, interval: 1_000)
        for key in 0...10_000 { expectEqual(buckets.take(key, at: 0), nil) }
        expectEqual(buckets.count, 10_001)
        expectEqual(buckets.take(-1, at: 500), nil)
        expectEqual(buckets.count, 10_002)
        expectEqual(buckets.take(-2, at: 1_000), nil)
        expectEqual(buckets.count, 2)
    }

    @Test("too many buckets are looked through twice a second at most")
    func manyBuckets() {
        var buckets = KeyedTokenBuckets<Int>(capacity: 1, interval: 100)
        for key in 0...10_001 { expectEqual(buckets.take(key, at: 1_000), nil) }
        for time: Int64 in 1_001...1_499 { _ = buckets.take(-1, at: time) }
        expectEqual(buckets.count, 10_003)
        _ = buckets.take(-1, at: 1_500)
        expectEqual(buckets.count, 1)
        // A clock that jumps back does not keep them.
        for key in 0...10_001 { _ = buckets.take(key, at: 1_500) }
        _ = buckets.take(-1, at: 400)
        expectEqual(buckets.count, 10_003)
    }
}
