internal import Database
internal import JSON
internal import Logging

/// While storage fails (a full disk) the thread waits, and nothing is lost.
extension Conversation {
    /// Retries a write until it succeeds.
    func persistently<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.context.store.write(body)
            } catch {
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    /// Retries a write while the error may pass; throws one that would stay.
    func retrying<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.context.store.write(body)
            } catch let error as DatabaseError where error.isPassing {
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    /// Stores the result of a message. The message is already acknowledged, so while the disk is full the write is
    /// retried rather than left to the next start; a caller that waits for the reply gets the error at once.
    func durably<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.context.store.write(body)
            } catch let error as DatabaseError where error.isPassing && !self.isClosing {
                self.handling?.resume(with: .failure(error))
                self.logRefusal(error)
                await pause.wait()
            }
        }
    }

    private func logRefusal(_ error: any Error) {
        self.environment.logger.error(
            "a turn cannot be stored; retrying", ["thread": "\(self.key)", "error": .string("\(error)")])
    }
}
