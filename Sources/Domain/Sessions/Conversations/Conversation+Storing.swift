internal import Database
internal import JSON
internal import Logging

/// Storage that does not answer (a full disk) holds the thread, it does not lose anything.
extension Conversation {
    /// Stores what cannot be given up any more.
    func persistently<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async -> T {
        var delay = Self.firstDelay
        while true {
            do {
                return try await self.context.store.write(body)
            } catch {
                await self.waitForStorage(after: error, &delay)
            }
        }
    }

    /// Stores what a message leads to. The message has been acknowledged by then, so when the disk is full it is tried
    /// until there is room, and does not wait for the next start; who waits for the reply is told at once.
    func durably<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var delay = Self.firstDelay
        while true {
            do {
                return try await self.context.store.write(body)
            } catch let error as DatabaseError where error.isPassing && !self.isClosing {
                self.handling?.resume(with: .failure(error))
                await self.waitForStorage(after: error, &delay)
            }
        }
    }

    private static let firstDelay = Duration.milliseconds(200)

    private func waitForStorage(after error: any Error, _ delay: inout Duration) async {
        self.environment.logger.error(
            "a turn cannot be stored, and waits", ["thread": "\(self.key)", "error": .string("\(error)")])
        let pause = delay
        delay = min(delay * 2, .seconds(10))
        // Not cut short by `stop`: the turn's task may be cancelled already.
        await Task<Void, Never> { try? await Task.sleep(for: pause) }.value
    }
}
