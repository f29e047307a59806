/// When this host renews its lease, until when it may act, and when it may take what others have.
///
/// The server's clock decides who has lost a lease. This host counts its own deadline from the moment before it sends each
/// renewal, so it always stops before others may begin.
struct LeaseMachine {
    enum Action: Equatable {
        /// Join anew: there is no lease, or another host has ended it.
        case join
        case renew(epoch: Int64)
        /// Look for hosts that have died.
        case look
    }

    /// How long the others wait for a renewal.
    let lease: Duration
    /// Between two renewals.
    let interval: Duration

    private(set) var epoch: Int64?
    /// From here on nothing may be posted, unless a renewal succeeds.
    private(set) var deadline: BootTime?
    private var nextRenewal: BootTime?
    /// Since when all renewals have succeeded.
    private var steadySince: BootTime?

    init(lease: Duration) {
        self.lease = lease
        self.interval = lease / 6
    }

    /// What is to be done now. The result of `join` and `renew` is reported before the next call.
    mutating func tick(_ now: BootTime) -> [Action] {
        guard let epoch = self.epoch else { return [.join] }
        var actions: [Action] = []
        if self.nextRenewal.map({ $0 <= now }) ?? true {
            self.nextRenewal = now + self.interval
            actions.append(.renew(epoch: epoch))
        }
        // A database that stalls for all of them takes nothing from anybody.
        if self.mayLook(now) { actions.append(.look) }
        return actions
    }

    /// Whether all renewals of a whole lease were in time. Asked again after a renewal.
    func mayLook(_ now: BootTime) -> Bool { self.steadySince.map { now - $0 >= self.lease } ?? false }

    /// - Parameter sent: When the request was sent.
    mutating func joined(epoch: Int64, sent: BootTime, now: BootTime) {
        self.epoch = epoch
        self.deadline = sent + self.lease
        self.nextRenewal = sent + self.interval
        self.steadySince = now
    }

    mutating func renewed(sent: BootTime, now: BootTime) {
        // When it was late, something was held up, perhaps also for all others, whose leases may have run out meanwhile.
        let isLate = self.deadline.map { $0 - now < self.lease / 3 } ?? false
        self.deadline = sent + self.lease
        if isLate { self.steadySince = now } else if self.steadySince == nil { self.steadySince = sent }
    }

    /// The renewal got no answer. The epoch may still stand: the host goes on when an answer comes.
    mutating func failed(_ now: BootTime) {
        self.steadySince = nil
        // Soon: a second try still falls into the lease.
        self.nextRenewal = now + self.interval / 2
    }

    /// The epoch no longer stands: others have this host's places.
    mutating func refused() { self = LeaseMachine(lease: self.lease) }
}
