import Testing

@testable import Proxy

@Suite("Requests a minute, by key")
struct RequestAllowanceTests {
    private let one = ClientKey(id: "one")
    private let two = ClientKey(id: "two")

    @Test("a minute's requests go at once, then one each interval")
    func bucket() {
        var allowance = RequestAllowance(perMinute: 6)
        for _ in 0..<6 { #expect(allowance.take(self.one, at: 0) == nil) }
        #expect(allowance.take(self.one, at: 0) == 10)
        #expect(allowance.take(self.one, at: 4_000) == 6)
        #expect(allowance.take(self.one, at: 10_000) == nil)
        #expect(allowance.take(self.one, at: 10_000) == 10)
    }

    @Test("one key's requests are not another's, and zero is no limit")
    func keys() {
        var allowance = RequestAllowance(perMinute: 1)
        #expect(allowance.take(self.one, at: 0) == nil)
        #expect(allowance.take(self.two, at: 0) == nil)
        #expect(allowance.take(self.one, at: 0) == 60)
        var unlimited = RequestAllowance(perMinute: 0)
        for _ in 0..<1_000 { #expect(unlimited.take(self.one, at: 0) == nil) }
    }

    @Test("a clock that jumps back gives nothing and takes nothing")
    func clock() {
        var allowance = RequestAllowance(perMinute: 1)
        #expect(allowance.take(self.one, at: 100_000) == nil)
        #expect(allowance.take(self.one, at: 0) == 60)
        #expect(allowance.take(self.one, at: 160_000) == nil)
    }
}
