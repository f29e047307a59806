import Glibc
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: users of jails")
struct JailIdentitiesTests {
    private typealias Machine = IdentityRange.Machine

    @Test("numbers that nobody assigns are the default")
    func standard() throws {
        let machine = Machine(accounts: "root:x:0:0::/:/bin/sh", delegations: "a:100000:65536\nb:165536:65536")
        try expectEqual(IdentityRange.choose(first: nil, machine), 2_000_000_000..<2_000_010_000)
    }

    @Test("accounts, delegations and what a user namespace lacks are avoided")
    func avoided() throws {
        let small: Range<UInt32> = 65_000..<65_534
        try expectEqual(IdentityRange.choose(first: nil, Machine(accounts: "x:x:2000000007:1::/:/bin/sh")), small)
        try expectEqual(IdentityRange.choose(first: nil, Machine(delegations: "x:1999990000:65536")), small)
        let container = Machine(mapping: "         0     100000      65536\n")
        try expectEqual(IdentityRange.choose(first: nil, container), small)
        let tiny = Machine(mapping: "0 1000 1\n")
        #expect(throws: JailFailure.self) { try IdentityRange.choose(first: nil, tiny) }
    }

    @Test("a range of one's own is checked, and the error names the setting")
    func own() throws {
        try expectEqual(IdentityRange.choose(first: 70_000, Machine()), 70_000..<80_000)
        for (first, machine) in [
            (0, Machine()), (4_294_960_000, Machine()), (70_000, Machine(accounts: "eve:x:70001:1")),
            (70_000, Machine(delegations: "eve:60000:20000")), (70_000, Machine(mapping: "0 0 70001")),
        ] as [(UInt32, Machine)] {
            do throws(JailFailure) {
                _ = try IdentityRange.choose(first: first, machine)
                Issue.record("\(first) was accepted")
            } catch {
                #expect(error.message.hasPrefix("jail.first_uid: "))
            }
        }
    }

    @Test("every live jail has another user, and an earlier one is preferred")
    func taking() throws {
        let identities = JailIdentities(2_100_000_100..<2_100_000_103)
        let first = try #require(try identities.take(preferring: 2_100_000_101))
        expectEqual(first, JailIdentity(user: 2_100_000_101, group: 2_100_000_101))
        let second = try #require(try identities.take(preferring: 2_100_000_101))
        let third = try #require(try identities.take(preferring: 5))
        expectEqual(Set([first, second, third].map(\.user)).count, 3)
        #expect(throws: JailFailure.self) { try identities.take() }
        identities.release(second)
        try expectEqual(identities.take(), second)
    }

    @Test("a user is given again as late as possible, and not while it has processes")
    func turns() throws {
        let identities = JailIdentities(2_100_000_100..<2_100_000_104)
        let first = try (0..<3).map { _ in try #require(try identities.take()).user }
        for user in first { JailIdentity(user: user, group: user).map { identities.release($0) } }
        let later = try (0..<4).map { _ in try #require(try identities.take()).user }
        #expect(!first.contains(later[0]))
        expectEqual(Array(later[1...]), first)
        let own = JailIdentities(geteuid()..<geteuid() + 1)
        #expect(throws: JailFailure.self) { try own.take() }
    }

    @Test("an ordinary user gives its jails no other")
    func ordinary() throws {
        try expectEqual(JailIdentities(nil).take(), nil)
        expectEqual(try JailIdentities.make().take() == nil, geteuid() != 0)
    }
}
