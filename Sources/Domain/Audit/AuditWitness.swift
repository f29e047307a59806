internal import Database
internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Keeps a copy of the newest head beside the key. Whoever can write the store can put an earlier head back, with the
/// signature that it had, but cannot write this file.
package final class AuditWitness: Service {
    package let name = "audit witness"
    private let log: AuditLog
    private let logger: Logger
    private let stopped = Protected(false)
    private let stopping = Signal()
    /// Whether it was logged that the head is older than the copy.
    private let hasWarned = Protected(false)

    /// Each copy waits for the disk, so there is at most one in this time.
    private static let pace: Duration = .seconds(1)
    /// How often to look for rows that other processes have recorded. Without other hosts these are few, and each look
    /// brings pages of an idle program back into memory.
    private var interval: Duration { self.log.database.dialect == .sqlite ? .seconds(600) : .seconds(10) }

    package init(_ log: AuditLog, logger: Logger) {
        self.log = log
        self.logger = logger
    }

    package func run() async throws {
        while !self.stopped.withLock({ $0 }) {
            await self.look()
            await self.log.chain.appended.wait(upTo: self.interval)
            await self.stopping.wait(upTo: Self.pace)
            try Task.checkCancellation()
        }
        await self.look()
    }

    package func stop() async {
        self.stopped.withLock { $0 = true }
        self.stopping.signal()
        self.log.chain.appended.signal()
    }

    /// Copies the head if it follows from the one that was copied last.
    func look() async {
        let key = self.log.chain.key
        do {
            let kept = AuditHead.kept(in: self.log.directory, signedWith: key)
            let head = try await self.log.database.read { connection -> AuditHead? in
                guard let head = try AuditHead.stored(in: connection), head.isPossible, head.isSigned(with: key),
                    head != kept
                else { return nil }
                guard try kept?.isBehind(head, in: connection) ?? true else { throw AuditError.headBehind }
                return head
            }
            try head?.keep(in: self.log.directory)
        } catch let error as AuditError where error == .headBehind {
            let isNew = self.hasWarned.withLock { warned in
                defer { warned = true }
                return !warned
            }
            if isNew { self.logger.error("rows of the audit are missing: run 'jetbridge audit verify'") }
        } catch {
            // The next look tries again.
            self.logger.warning("the audit's newest head could not be copied", ["error": .string("\(error)")])
        }
    }
}
