import Glibc
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("What the proxy's workers share")
struct WorkerBoardTests {
    /// A board, and the same one as another process has it.
    private func boards() throws -> (WorkerBoard, WorkerBoard) {
        let board = try WorkerBoard()
        return (board, try WorkerBoard(adopting: dup(board.descriptor)))
    }

    @Test("an allowance is the same as a token bucket's, whichever worker takes from it")
    func allowance() throws {
        var random = SystemRandomNumberGenerator()
        for capacity in [1, 2, 7, 60] {
            let (one, two) = try self.boards()
            let interval = 60_000 / Double(capacity)
            var buckets = KeyedTokenBuckets<String>(capacity: capacity, interval: interval)
            var now: Int64 = 1_800_000_000_000
            for number in 0..<3_000 {
                now += Int64.random(in: 0...Int64(interval * 1.5), using: &random)
                let client = number % 3 == 0 ? "a" : "b"
                let expected = buckets.take(client, at: now)
                let found = (Bool.random(using: &random) ? one : two).take(
                    of: client, capacity: capacity, interval: interval, at: now)
                let isSame = (expected == nil) == (found == nil) && abs((expected ?? 0) - (found ?? 0)) <= 1
                guard isSame else {
                    Issue.record("\(found ?? -1), a bucket: \(expected ?? -1), at \(number) with \(capacity)")
                    return
                }
            }
        }
    }

    @Test("a clock that is set back gives nobody more")
    func clock() throws {
        let (board, _) = try self.boards()
        expectEqual(board.take(of: "a", capacity: 1, interval: 1_000, at: 10_000), nil)
        expectEqual(board.take(of: "a", capacity: 1, interval: 1_000, at: 5_000), 6_000)
        expectEqual(board.take(of: "a", capacity: 1, interval: 1_000, at: 11_000), nil)
    }

    @Test("more clients than places still have limits")
    func full() throws {
        let (board, _) = try self.boards()
        for number in 0..<6_000 { _ = board.take(of: "client \(number)", capacity: 1, interval: 60_000, at: 1_000) }
        #expect(board.take(of: "client 1", capacity: 1, interval: 60_000, at: 1_001) != nil)
        #expect(board.take(of: "client 5999", capacity: 1, interval: 60_000, at: 1_001) != nil)
    }

    @Test("counts of several threads and processes add up, by name and by status")
    func counts() async throws {
        let (one, two) = try self.boards()
        let names = (0..<200).map { "in model-\($0)" } + ["out " + String(repeating: "ö", count: 100), ""]
        await withTaskGroup { group in
            for board in [one, two, one, two] {
                group.addTask {
                    for name in names.shuffled() {
                        board.count(name, by: 2)
                        board.count(status: 200)
                    }
                    board.count(status: 999)
                }
            }
        }
        let counters = one.counters
        #expect(counters.values.allSatisfy { $0 == 8 } && counters.count == names.count, "\(counters.count)")
        #expect(counters["in model-7"] == 8 && two.counters == counters)
        #expect(one.statuses == [200: UInt64(4 * names.count)] && two.statuses == one.statuses)
    }

    @Test("more names than places, and what is no board, end nothing")
    func limits() throws {
        let (board, _) = try self.boards()
        for number in 0..<2_000 { board.count("name \(number)", by: 1) }
        expectEqual(board.counters.count, 512)
        #expect(throws: (any Error).self) { try WorkerBoard(adopting: dup(0)) }
        #expect(throws: (any Error).self) { try WorkerBoard(adopting: -1) }
    }
}
