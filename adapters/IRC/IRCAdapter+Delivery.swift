internal import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

extension IRCAdapter {
    func deliverAll(to sink: any MessageSink) async throws {
        while true {
            let (batch, isFinished) = self.state.withLock { state in
                defer { state.incoming = [] }
                return (state.incoming, state.isFinished)
            }
            if batch.isEmpty {
                if isFinished { return }
                await self.toDeliver.wait()
                try Task.checkCancellation()
                continue
            }
            self.hasRoom.signal()
            for item in batch { try await self.deliver(item, to: sink) }
        }
    }

    private func deliver(_ item: Incoming, to sink: any MessageSink) async throws {
        switch item {
        case .status(let status): await sink.statusChanged(status, of: self.id)
        case .memory(let memory): _ = await self.memory.save(memory.bytes)
        case .event(let event): try await self.deliver(event, to: sink)
        }
    }

    /// IRC never repeats a message, so a failed delivery is retried for about two minutes. Reading from the server
    /// pauses when the queue is full.
    private func deliver(_ event: InboundEvent, to sink: any MessageSink) async throws {
        let tries = 10
        _ = try await persistently(longest: .seconds(20)) {
            try await sink.deliver(event)
        } mayRetry: { error, failures, _ in
            guard failures <= tries else {
                self.logger.error("Lost a message: storing it failed for two minutes", ["error": .string("\(error)")])
                return false
            }
            self.logger.warning("A message could not be stored; retrying", ["error": .string("\(error)")])
            return true
        }
    }
}
