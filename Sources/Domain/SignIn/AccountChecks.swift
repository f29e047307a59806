internal import Chat
internal import JSON
internal import Lifecycle
package import Logging
package import Models
package import People
internal import Primitives

/// Asks providers every hour who still belongs to what admits them; who has left is out at once.
///
/// A provider that does not answer keeps nobody out for a day, and gives nobody more. After that, their access ends until
/// they sign in again.
package final class AccountChecks: Service {
    package let name = "account checks"
    private let providers: [any SignInProvider]
    private let access: AccessControl
    private let now: @Sendable () -> Int64
    private let clock: ModelClock
    private let logger: Logger
    private let stopped = Signal()
    private let isStopping = Protected(false)
    /// When this host began to ask. What is older was not checked because no host ran.
    private let startedAt: Int64

    /// In milliseconds.
    package static let interval: Int64 = 3_600_000
    package static let grace: Int64 = 24 * 3_600_000
    /// Between two tries while a provider does not answer.
    private static let pause: Int64 = 300_000

    package init(
        providers: [any SignInProvider], access: AccessControl, now: @escaping @Sendable () -> Int64,
        clock: ModelClock = .continuous, logger: Logger
    ) {
        self.providers = providers
        self.access = access
        self.now = now
        self.clock = clock
        self.logger = logger
        self.startedAt = now()
    }

    package func run() async throws {
        while !self.isStopping.withLock({ $0 }) {
            var pause = Self.interval
            do {
                pause = try await self.check()
            } catch let error as CancellationError {
                throw error
            } catch {
                self.logger.error("accounts could not be checked; retrying", ["error": .string("\(error)")])
                pause = Self.pause
            }
            await self.wait(pause)
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.stopped.signal()
    }

    private func wait(_ pause: Int64) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "stop") { await self.stopped.wait() }
            group.addTask(name: "timer") { try? await self.clock.sleep(for: .milliseconds(pause)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Checks everybody who is due. Returns how long until the next is, in milliseconds.
    package func check() async throws -> Int64 {
        try await self.endUnknown()
        var next = Self.interval
        // The others' sign-ins end by themselves.
        for provider in self.providers where provider.lifetime == nil {
            let entries = self.access.entries(of: provider.method.rawValue)
            var silent: [String: Int] = [:]
            for person in try await self.access.signedInPeople()
            where person.account.provider == provider.method.rawValue {
                let wait = person.checkedAt + Self.interval - self.now()
                guard wait <= 0 else {
                    next = min(next, wait)
                    continue
                }
                if let reason = try await self.check(person, with: provider, entries) {
                    silent[reason, default: 0] += 1
                    next = min(next, Self.pause)
                }
            }
            for (reason, count) in silent {
                self.logger.warning(
                    "people's accounts cannot be checked; they keep their role for a day after the last check",
                    ["provider": .string(provider.title), "people": .integer(Int64(count)), "reason": .string(reason)])
            }
        }
        return next
    }

    /// Ends the access of accounts whose provider is no longer configured.
    private func endUnknown() async throws {
        let known = Set(self.providers.map(\.method.rawValue))
        for person in try await self.access.signedInPeople() where !known.contains(person.account.provider) {
            self.logger.warning(
                "an account's provider is no longer configured, so its access ends",
                ["person": .string(person.identity)])
            try await self.access.end(person.account)
        }
    }

    /// Nil, or why the provider does not answer.
    private func check(
        _ person: SignedInPerson, with provider: any SignInProvider, _ entries: [String]
    ) async throws -> String? {
        do {
            let visitor = try await provider.visitor(for: person, entries: entries)
            if let change = try await self.access.update(visitor) {
                self.logger.warning(
                    change.role == nil
                        ? "an account no longer gives access" : "an account now gives another role",
                    ["person": .string(person.identity), "role": .string(change.role?.rawValue ?? "none")])
            }
            return nil
        } catch let failure as SignInFailure where failure.code == .ended || failure.code == .refused {
            self.logger.info(
                "somebody has to sign in again",
                ["person": .string(person.identity), "reason": .string(failure.message)])
            try await self.access.end(person.account)
            return nil
        } catch let failure as SignInFailure {
            let silence = self.now() - max(person.checkedAt, self.startedAt)
            // The host that has the token asks.
            guard silence >= Self.grace else { return failure.code == .absent ? nil : failure.message }
            self.logger.warning(
                "somebody's account could not be checked for a day, so their access ends until they sign in again",
                ["person": .string(person.identity), "reason": .string(failure.message)])
            try await self.access.end(person.account)
            return nil
        }
    }
}
