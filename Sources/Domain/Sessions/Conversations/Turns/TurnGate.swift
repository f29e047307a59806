/// Limits the turns that run at once, in total and per person. Waiting turns are admitted round robin by person, so
/// that somebody with a hundred threads does not delay somebody with one.
actor TurnGate {
    private let perHost: Int
    private let perPerson: Int
    private var running: [String: Int] = [:]
    private var total = 0
    /// By person, in order; one whose turn was cancelled has its result already.
    private var waiting: [String: [SingleResult<Void>]] = [:]
    /// People with waiting turns; the first is next.
    private var order: [String] = []

    init(perHost: Int, perPerson: Int) {
        self.perHost = perHost
        self.perPerson = perPerson
    }

    /// The number of waiting turns.
    var waitingCount: Int { self.waiting.values.reduce(0) { $0 + $1.count } }

    /// Takes a place if one is free.
    func tryEnter(_ person: String) -> Bool {
        guard self.waiting[person] == nil, self.hasRoom(for: person) else { return false }
        self.admit(person)
        return true
    }

    /// Waits for a place. Throws `CancellationError` when the turn is cancelled while it waits.
    func enter(_ person: String) async throws {
        if self.tryEnter(person) { return }
        let waiter = SingleResult<Void>()
        if self.waiting[person] == nil { self.order.append(person) }
        self.waiting[person, default: []].append(waiter)
        do {
            try await withTaskCancellationHandler {
                try await waiter.value()
            } onCancel: {
                waiter.resume(with: .failure(CancellationError()))
            }
        } catch {
            self.giveUp(waiter, of: person)
            throw error
        }
    }

    /// Gives back a place.
    func leave(_ person: String) {
        self.total -= 1
        let left = (self.running[person] ?? 1) - 1
        self.running[person] = left == 0 ? nil : left
        self.letIn()
    }

    private func hasRoom(for person: String) -> Bool {
        self.total < self.perHost && (self.running[person] ?? 0) < self.perPerson
    }

    private func admit(_ person: String) {
        self.total += 1
        self.running[person, default: 0] += 1
    }

    private func letIn() {
        while self.total < self.perHost, let index = self.order.firstIndex(where: self.hasRoom) {
            let person = self.order.remove(at: index)
            var waiters = self.waiting[person] ?? []
            var isIn = false
            while !isIn, !waiters.isEmpty { isIn = waiters.removeFirst().resume(with: .success(())) }
            self.waiting[person] = waiters.isEmpty ? nil : waiters
            if !waiters.isEmpty { self.order.append(person) }
            if isIn { self.admit(person) }
        }
    }

    private func giveUp(_ waiter: SingleResult<Void>, of person: String) {
        self.waiting[person]?.removeAll { $0 === waiter }
        guard self.waiting[person]?.isEmpty == true else { return }
        self.waiting[person] = nil
        self.order.removeAll { $0 == person }
    }
}
