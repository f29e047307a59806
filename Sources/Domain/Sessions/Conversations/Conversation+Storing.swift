internal import Database
internal import JSON
internal import Logging

/// Storage that does not answer (a full disk) holds the thread, it does not lose anything.
extension Conversation {
    /// Stores what cannot be given up any more.
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

    /// Stores what a message leads to. The message has been acknowledged by then, so when the disk is full it is tried
    /// until there is room, and does not wait for the next start; who waits for the reply is told at once.
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
            "a turn cannot be stored, and waits", ["thread": "\(self.key)", "error": .string("\(error)")])
    }
}
