import TestSupport
import Testing

@testable import Cluster

@Suite("The lease of a host")
struct LeaseMachineTests {
    private func time(_ seconds: Double) -> BootTime { BootTime(.seconds(seconds)) }

    @Test("a host joins, then renews six times a lease")
    func renewals() {
        var machine = LeaseMachine(lease: .seconds(3))
        expectEqual(machine.tick(self.time(10)), [.join])
        machine.joined(epoch: 4, sent: self.time(10), now: self.time(10))
        expectEqual(machine.deadline, self.time(13))
        expectEqual(machine.tick(self.time(10.25)), [])
        expectEqual(machine.tick(self.time(10.5)), [.renew(epoch: 4)])
        machine.renewed(sent: self.time(10.5), now: self.time(10.5))
        expectEqual(machine.deadline, self.time(13.5))
        expectEqual(machine.tick(self.time(10.75)), [])
    }

    @Test("it looks for dead hosts only after a whole lease of renewals that succeeded")
    func looking() {
        var machine = LeaseMachine(lease: .seconds(3))
        machine.joined(epoch: 1, sent: self.time(0), now: self.time(0))
        for tenths in stride(from: 5, to: 30, by: 5) {
            #expect(!machine.tick(self.time(Double(tenths) / 10)).contains(.look))
            machine.renewed(sent: self.time(Double(tenths) / 10), now: self.time(Double(tenths) / 10))
        }
        #expect(machine.tick(self.time(3)).contains(.look))
        // The database stalls: perhaps for everybody.
        machine.failed(self.time(3.5))
        expectEqual(machine.tick(self.time(4)), [.renew(epoch: 1)])
        machine.renewed(sent: self.time(4), now: self.time(4))
        #expect(!machine.tick(self.time(6.9)).contains(.look))
        #expect(machine.tick(self.time(7)).contains(.look))
        // It answers late: those of the others may have run out while they waited as well.
        machine.renewed(sent: self.time(7), now: self.time(9.5))
        #expect(machine.deadline == self.time(10) && !machine.mayLook(self.time(9.5)))
        #expect(!machine.tick(self.time(12.25)).contains(.look))
        #expect(machine.tick(self.time(12.5)).contains(.look))
        // It is asked late, because something before it had to wait.
        machine.renewed(sent: self.time(14.5), now: self.time(14.5))
        #expect(!machine.tick(self.time(17.25)).contains(.look))
        #expect(machine.tick(self.time(17.5)).contains(.look))
    }

    @Test("a renewal without an answer is tried again soon, and the deadline stays")
    func failures() {
        var machine = LeaseMachine(lease: .seconds(3))
        machine.joined(epoch: 1, sent: self.time(0), now: self.time(0))
        expectEqual(machine.tick(self.time(0.5)), [.renew(epoch: 1)])
        machine.failed(self.time(1.5))
        #expect(machine.tick(self.time(1.7)) == [] && machine.deadline == self.time(3))
        expectEqual(machine.tick(self.time(1.75)), [.renew(epoch: 1)])
        // Its epoch may still stand after the deadline.
        machine.failed(self.time(5))
        expectEqual(machine.tick(self.time(5.25)), [.renew(epoch: 1)])
        machine.renewed(sent: self.time(5.25), now: self.time(5.25))
        expectEqual(machine.deadline, self.time(8.25))
    }

    @Test("after another host has ended its lease it lets go of everything and joins anew")
    func refusal() {
        var machine = LeaseMachine(lease: .seconds(3))
        machine.joined(epoch: 1, sent: self.time(0), now: self.time(0))
        machine.refused()
        #expect(machine.epoch == nil && machine.deadline == nil)
        expectEqual(machine.tick(self.time(1)), [.join])
    }

    @Test("a post may leave only before the deadline")
    func posting() {
        let clock = TestClock()
        let lease = HostLease(host: "a", duration: .seconds(3)) { clock.time }
        #expect(!lease.isValid && lease.epoch == nil && lease.age == nil)
        lease.set(epoch: 3, deadline: self.time(3))
        clock.time = self.time(2.9)
        #expect(lease.isValid && lease.epoch == 3 && lease.age == 2.9)
        clock.time = self.time(3)
        #expect(!lease.isValid && lease.epoch == 3 && lease.age == 3)
    }

    @Test("a host that has joined again posts nothing until it has let go of what it had before")
    func losing() {
        let lease = HostLease(host: "a", duration: .seconds(3)) { self.time(1) }
        lease.set(epoch: 3, deadline: self.time(3))
        lease.beginLosing()
        #expect(!lease.isValid && lease.epoch == nil)
        lease.set(epoch: 4, deadline: self.time(4))
        #expect(!lease.isValid && lease.epoch == 4)
        lease.endLosing()
        #expect(lease.isValid)
    }
}
