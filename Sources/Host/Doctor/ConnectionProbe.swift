internal import Chat
internal import Primitives

/// A sink that ignores events and waits for the first conclusive status of a connection.
final class ConnectionProbe: MessageSink {
    private let status = Protected<AdapterStatus?>(nil)
    private let decided = Signal()

    func deliver(_ event: InboundEvent) async throws -> Delivery { .ignored("probe") }

    func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        // A failed connection retries, but the doctor reports the reason for the first failure.
        guard status.state == .up || status.state == .refused || status.state == .down && status.detail != nil else {
            return
        }
        self.status.withLock { $0 = $0 ?? status }
        self.decided.signal()
    }

    /// Nil only when the task is cancelled first. One task may wait.
    func verdict() async -> AdapterStatus? {
        await self.decided.wait()
        return self.status.withLock { $0 }
    }
}
