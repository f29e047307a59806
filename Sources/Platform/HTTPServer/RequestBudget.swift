internal import HTTP
internal import Primitives

/// Memory for the requests of each client: those in progress, their bodies and the answers that wait for a slow reader.
///
/// A request that does not fit waits for the client's earlier ones, in order; other clients are not affected. While
/// requests wait, the server closes the client's connections that read too slowly
/// (``HTTPServerDeadlines/crowdedRate``).
package final class RequestBudget: Sendable {
    private struct Account {
        var used = 0
        var waiting: [Waiter] = []

        var isEmpty: Bool { self.used == 0 && self.waiting.isEmpty }
    }

    private struct Waiter {
        let number: UInt64
        let bytes: Int
        let continuation: CheckedContinuation<RequestShare?, Never>
    }

    private struct State {
        var accounts: [String: Account] = [:]
        var number: UInt64 = 0
    }

    private let limit: Int
    private let waitingLimit: Int
    private let patience: Duration
    private let state = Protected(State())

    /// - Parameters:
    ///   - limit: Bytes of one client. A request for more has to be the only one.
    ///   - waiting: The most requests of one client that wait.
    ///   - patience: How long a request waits.
    package init(limit: Int = 16 << 20, waiting: Int = 256, patience: Duration = .seconds(15)) {
        self.limit = limit
        self.waitingLimit = waiting
        self.patience = patience
    }

    /// Reserves memory for a request, if necessary after a wait. Throws ``HTTPProblem`` with 429 if too many requests
    /// wait already or the wait takes too long, and `CancellationError`.
    package func reserve(_ bytes: Int, for client: String) async throws -> RequestShare {
        let hasRoom = self.state.withLock { state -> Bool? in
            var account = state.accounts[client] ?? Account()
            guard account.waiting.isEmpty, self.fits(bytes, in: account) else {
                return account.waiting.count < self.waitingLimit ? false : nil
            }
            account.used += bytes
            state.accounts[client] = account
            return true
        }
        guard let hasRoom else { throw Self.refusal }
        if hasRoom { return RequestShare(bytes, of: client, in: self) }
        // A share that comes too late, or for a client that has left, is dropped, which releases it.
        let share: RequestShare? = await withDeadline(self.patience) { await self.wait(for: bytes, of: client) } ?? nil
        try Task.checkCancellation()
        guard let share else { throw Self.refusal }
        return share
    }

    /// Whether a request of so many bytes need not wait.
    package func hasRoom(_ bytes: Int, for client: String) -> Bool {
        self.state.withLock { state in
            guard let account = state.accounts[client] else { return true }
            return account.waiting.isEmpty && self.fits(bytes, in: account)
        }
    }

    /// Whether requests of the client wait.
    func isCrowded(_ client: String) -> Bool {
        self.state.withLock { $0.accounts[client]?.waiting.isEmpty == false }
    }

    /// Returns a part of what was reserved, and lets waiting requests begin.
    func release(_ bytes: Int, of client: String) {
        let woken = self.state.withLock { state -> [Waiter] in
            guard var account = state.accounts[client] else { return [] }
            account.used -= bytes
            let woken = self.admit(&account)
            state.accounts[client] = account.isEmpty ? nil : account
            return woken
        }
        self.resume(woken, of: client)
    }

    private func resume(_ admitted: [Waiter], of client: String) {
        for waiter in admitted {
            waiter.continuation.resume(returning: RequestShare(waiter.bytes, of: client, in: self))
        }
    }

    private func fits(_ bytes: Int, in account: Account) -> Bool {
        account.used == 0 || account.used + bytes <= self.limit
    }

    private func admit(_ account: inout Account) -> [Waiter] {
        var woken: [Waiter] = []
        while let first = account.waiting.first, self.fits(first.bytes, in: account) {
            account.used += first.bytes
            woken.append(account.waiting.removeFirst())
        }
        return woken
    }

    /// What is reserved, as soon as there is room; nil if the task was cancelled before.
    private func wait(for bytes: Int, of client: String) async -> RequestShare? {
        let number = self.state.withLock { state in
            state.number += 1
            return state.number
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isGiven = self.state.withLock { state -> Bool? in
                    var account = state.accounts[client] ?? Account()
                    if Task.isCancelled { return false }
                    if account.waiting.isEmpty, self.fits(bytes, in: account) {
                        account.used += bytes
                        state.accounts[client] = account
                        return true
                    }
                    account.waiting.append(Waiter(number: number, bytes: bytes, continuation: continuation))
                    state.accounts[client] = account
                    return nil
                }
                if let isGiven {
                    continuation.resume(returning: isGiven ? RequestShare(bytes, of: client, in: self) : nil)
                }
            }
        } onCancel: {
            self.giveUp(number, of: client)
        }
    }

    private func giveUp(_ number: UInt64, of client: String) {
        let (left, woken) = self.state.withLock { state -> (Waiter?, [Waiter]) in
            guard var account = state.accounts[client],
                let index = account.waiting.firstIndex(where: { $0.number == number })
            else { return (nil, []) }
            let left = account.waiting.remove(at: index)
            // It may have been in the way of smaller ones.
            let woken = self.admit(&account)
            state.accounts[client] = account.isEmpty ? nil : account
            return (left, woken)
        }
        left?.continuation.resume(returning: nil)
        self.resume(woken, of: client)
    }

    private static let refusal = HTTPProblem(
        .tooManyRequests,
        "Too many requests with this credential are in progress, or their answers have not been read. "
            + "Read those first, then try again.", headers: ["Retry-After": "5"])
}

/// What a request has reserved, until it is released.
package final class RequestShare: Sendable {
    private let budget: RequestBudget
    private let client: String
    private let bytes: Protected<Int>

    fileprivate init(_ bytes: Int, of client: String, in budget: RequestBudget) {
        self.budget = budget
        self.client = client
        self.bytes = Protected(bytes)
    }

    deinit { self.budget.release(self.bytes.withLock { $0 }, of: self.client) }

    /// The answer is known: from here on it takes only `bytes`, or more than was expected.
    package func settle(at bytes: Int) {
        let freed = self.bytes.withLock { held in
            defer { held = bytes }
            return held - bytes
        }
        if freed != 0 { self.budget.release(freed, of: self.client) }
    }

    /// Whether other requests of the client wait.
    var isCrowded: Bool { self.budget.isCrowded(self.client) }
}
