import TestSupport
import Testing

@testable import Copilot

@Suite("Sign-in: the term of a token")
struct TokenTermTests {
    private static let start = ClockReading(wall: 1_000_000, uptime: 500, bootID: "b")

    private static func later(_ seconds: Double, wall: Double = 0, boot: String = "b") -> ClockReading {
        ClockReading(
            wall: Self.start.wall + seconds + wall, uptime: Self.start.uptime + seconds, bootID: boot)
    }

    @Test(
        "it is exchanged two minutes before its end or when GitHub recommends it, after 28 minutes at the latest",
        arguments: [
            (1_800.0, nil as Double?, 1_680.0), (1_800, 1_500, 1_500), (7_200, nil, 1_680), (30, nil, 22.5),
            (30, 1_500, 22.5), (30, 25, 22.5), (240, nil, 180), (1_800, 1, 60), (30, 1, 15), (1_800, 0, 1_680),
            (2, nil, 1.5),
        ])
    func refreshAge(life: Double, refreshIn: Double?, age: Double) {
        expectEqual(TokenTerm(obtained: Self.start, life: life, refreshIn: refreshIn).refreshAge, age)
    }

    @Test("the machine's sleep counts")
    func sleep() {
        let term = TokenTerm(obtained: Self.start, life: 1_800, refreshIn: nil)
        expectEqual(term.untilRefresh(at: Self.later(600)), 1_080)
        expectEqual(term.untilRefresh(at: Self.later(20_000)), 0)
        #expect(term.isUsable(at: Self.later(1_700)) && !term.isUsable(at: Self.later(1_799)))
    }

    @Test("a jump of the wall clock does not count, but the token is exchanged", arguments: [-3_600.0, 3_600.0, 61])
    func jump(by seconds: Double) {
        let term = TokenTerm(obtained: Self.start, life: 1_800, refreshIn: nil)
        expectEqual(term.untilRefresh(at: Self.later(10, wall: seconds)), 0)
        #expect(term.isUsable(at: Self.later(10, wall: seconds)))
        expectEqual(term.untilRefresh(at: Self.later(10, wall: 5)), 1_670)
    }

    @Test("after a restart the wall clock counts, and if it went back the token is invalid")
    func restart() {
        let term = TokenTerm(obtained: Self.start, life: 1_800, refreshIn: nil)
        expectEqual(term.untilRefresh(at: Self.later(100, boot: "c")), 1_580)
        expectEqual(term.untilRefresh(at: Self.later(100, wall: -200, boot: "c")), 0)
    }

    @Test(
        "a wrong clock is detected by the response's date, or by a token that has expired on arrival",
        arguments: [
            (1_001_800.0, nil as Double?, nil as Double?, 1_800.0), (1_005_400, 1_500, 1_003_600, 1_800),
            (998_200, 1_500, 996_400, 1_800), (998_200, 1_500, nil, 1_500), (998_200, nil, nil, 60),
            (1_000_030, 25, 1_000_001, 30),
        ])
    func wrongClock(expiresAt: Double, refreshIn: Double?, serverTime: Double?, life: Double) {
        let term = TokenTerm(
            obtained: Self.start, expiresAt: expiresAt, refreshIn: refreshIn, serverTime: serverTime)
        expectEqual(term.life, life)
    }
}
