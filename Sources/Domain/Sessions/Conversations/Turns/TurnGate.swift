/// Limits the turns that run at once, in total and per person. Waiting turns are admitted round robin by person, so
/// that somebody with a hundred threads does not delay somebody with one.
actor TurnGate {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let perHost: Int
    private let perPerson: Int
    private var running: [String: Int] = [:]
    private var total = 0
    private var waiting: [String: [Waiter]] = [:]
    /// People with waiting turns; the first is next.
    private var order: [String] = []
    private var lastID: UInt64 = 0

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
        self.lastID += 1
        let id = self.lastID
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: false) }
                if self.waiting[person] == nil { self.order.append(person) }
                self.waiting[person, default: []].append(Waiter(id: id, continuation: continuation))
            }
        } onCancel: {
            // Cancellation comes on any thread, so the gate is entered by a task.
            Task { await self.giveUp(id, of: person) }
        }
        if !isIn { throw CancellationError() }
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
            guard var waiters = self.waiting[person], !waiters.isEmpty else { continue }
            let waiter = waiters.removeFirst()
            self.waiting[person] = waiters.isEmpty ? nil : waiters
            if !waiters.isEmpty { self.order.append(person) }
            self.admit(person)
            waiter.continuation.resume(returning: true)
        }
    }

    private func giveUp(_ id: UInt64, of person: String) {
        guard let index = self.waiting[person]?.firstIndex(where: { $0.id == id }),
            let waiter = self.waiting[person]?.remove(at: index)
        else { return }
        if self.waiting[person]?.isEmpty == true {
            self.waiting[person] = nil
            self.order.removeAll { $0 == person }
        }
        waiter.continuation.resume(returning: false)
    }
}
