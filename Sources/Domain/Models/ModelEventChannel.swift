internal import EventLoop
internal import Primitives

/// Hands the events of one answer from the task that reads them to the one that consumes them.
///
/// Bounded: while ``byteLimit`` bytes wait, ``send(_:)`` waits too, so a slow reader slows the endpoint down. Waiting
/// pieces of text are joined, which bounds the number of events as well.
package final class ModelEventChannel: Sendable {
    private static let byteLimit = 64 * 1024

    private enum Work: Sendable {
        case anywhere(@Sendable (ModelEventChannel) async throws -> Void)
        case onLoop(@Net @Sendable (ModelEventChannel) async throws -> Void)
    }

    private struct State {
        var events: [ModelEvent] = []
        var bytes = 0
        var ending: Result<Void, any Error>?
        /// The consumer is gone; further events are refused.
        var isAbandoned = false
        var consumer: CheckedContinuation<ModelEvent?, any Error>?
        var producer: CheckedContinuation<Void, Never>?
        var work: Work?
        var task: Task<Void, Never>?

        mutating func append(_ event: ModelEvent) {
            if case .delta(let more) = event, var text = self.takeText(isReasoning: false) {
                text += more
                self.events.append(.delta(text))
                self.bytes += more.utf8.count
            } else if case .reasoning(let more) = event, var text = self.takeText(isReasoning: true) {
                text += more
                self.events.append(.reasoning(text))
                self.bytes += more.utf8.count
            } else {
                self.events.append(event)
                self.bytes += event.size
            }
        }

        /// Removes the last event if it is text of this kind. Its text has no other owner then, so that it grows in
        /// place: otherwise each piece would copy all that waits.
        private mutating func takeText(isReasoning: Bool) -> String? {
            switch self.events.last {
            case .delta(let text)? where !isReasoning:
                self.events.removeLast()
                return text
            case .reasoning(let text)? where isReasoning:
                self.events.removeLast()
                return text
            default: return nil
            }
        }

        /// The queue must not be empty.
        mutating func takeFirst() -> ModelEvent {
            let event = self.events.removeFirst()
            self.bytes -= event.size
            return event
        }
    }

    private let state: Protected<State>

    private init(_ work: Work) {
        self.state = Protected(State(work: work))
    }

    /// A stream of what `work` sends. `work` starts when the first element is requested, and is cancelled when the
    /// consumer's task is cancelled or the stream is dropped.
    package static func stream(
        _ work: @escaping @Sendable (ModelEventChannel) async throws -> Void
    ) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.stream(.anywhere(work))
    }

    /// Like ``stream(_:)``, with the work on the event loop, for input that arrives there in small pieces.
    package static func streamOnLoop(
        _ work: @escaping @Net @Sendable (ModelEventChannel) async throws -> Void
    ) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.stream(.onLoop(work))
    }

    private static func stream(_ work: Work) -> AsyncThrowingStream<ModelEvent, any Error> {
        let consumer = ChannelConsumer(ModelEventChannel(work))
        let runs = Protected((answer: StreamSafeText(), reasoning: StreamSafeText()))
        return AsyncThrowingStream {
            let event = try await consumer.channel.next()
            return event.map { event in runs.withLock { event.withShortRuns(&$0) } }
        }
    }

    /// Throws `CancellationError` when the consumer is gone.
    package func send(_ event: ModelEvent) async throws { try await self.send(contentsOf: [event]) }

    /// Sends events that arrived together. Throws `CancellationError` when the consumer is gone.
    package func send(contentsOf events: [ModelEvent]) async throws {
        try Task.checkCancellation()
        // A chunk of the network may have more of them than may wait.
        var sent = 0
        while sent < events.count {
            let start = sent
            let (end, consumer, first, isFull) = self.state.withLock {
                state -> (Int, CheckedContinuation<ModelEvent?, any Error>?, ModelEvent?, Bool) in
                if state.isAbandoned { return (events.count, nil, nil, false) }
                var end = start
                while end < events.count, state.bytes < Self.byteLimit {
                    state.append(events[end])
                    end += 1
                }
                guard !state.events.isEmpty, let consumer = state.consumer.take() else {
                    return (end, nil, nil, state.bytes >= Self.byteLimit)
                }
                return (end, consumer, state.takeFirst(), state.bytes >= Self.byteLimit)
            }
            sent = end
            consumer?.resume(returning: first)
            // Usually there is room, and no continuation is needed.
            if isFull { await self.waitForRoom() }
            try Task.checkCancellation()
        }
    }

    private func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let hasRoom = self.state.withLock { state in
                    if state.isAbandoned || state.bytes < Self.byteLimit || Task.isCancelled { return true }
                    state.producer = continuation
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.producer.take() }?.resume()
        }
    }

    private func next() async throws -> ModelEvent? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.next(continuation)
            }
        } onCancel: {
            self.abandon()
        }
    }

    private func next(_ continuation: CheckedContinuation<ModelEvent?, any Error>) {
        enum Answer {
            case event(ModelEvent, producer: CheckedContinuation<Void, Never>?)
            case ended(Result<Void, any Error>)
            case later
        }
        let answer = self.state.withLock { state -> Answer in
            if state.isAbandoned { return .ended(.failure(CancellationError())) }
            if !state.events.isEmpty {
                let event = state.takeFirst()
                return .event(event, producer: state.bytes < Self.byteLimit ? state.producer.take() : nil)
            }
            if let ending = state.ending { return .ended(ending) }
            state.consumer = continuation
            self.start(&state)
            return .later
        }
        switch answer {
        case .event(let event, let producer):
            producer?.resume()
            continuation.resume(returning: event)
        case .ended(let ending): continuation.resume(with: ending.map { nil })
        case .later: break
        }
    }

    private func start(_ state: inout State) {
        guard let work = state.work.take() else { return }
        // Unstructured: it outlives single calls of `next`. `abandon()` cancels it.
        state.task =
            switch work {
            case .anywhere(let work):
                // Unstructured: see above.
                Task(name: "model stream") { await self.run { try await work(self) } }
            case .onLoop(let work):
                // Unstructured: see above.
                Task(name: "model stream") { @Net in await self.run { try await work(self) } }
            }
    }

    private func run(_ work: () async throws -> Void) async {
        do {
            try await work()
            self.finish(.success(()))
        } catch {
            self.finish(.failure(error))
        }
    }

    private func finish(_ ending: Result<Void, any Error>) {
        let consumer = self.state.withLock { state in
            state.ending = ending
            state.task = nil
            return state.consumer.take()
        }
        consumer?.resume(with: ending.map { nil })
    }

    /// Called when the consumer is gone; harmless after the end.
    fileprivate func abandon() {
        let (consumer, producer, task) = self.state.withLock { state in
            state.isAbandoned = true
            state.events = []
            state.bytes = 0
            state.work = nil
            return (state.consumer.take(), state.producer.take(), state.task.take())
        }
        task?.cancel()
        producer?.resume()
        consumer?.resume(throwing: CancellationError())
    }
}

extension ModelEvent {
    /// The event with the next piece of the answer's text made safe. Arguments of calls have come in pieces, too, each of
    /// which may be short enough to keep its run.
    fileprivate func withShortRuns(_ runs: inout (answer: StreamSafeText, reasoning: StreamSafeText)) -> ModelEvent {
        switch self {
        case .delta(let text): return .delta(runs.answer.next(text))
        case .reasoning(let text): return .reasoning(runs.reasoning.next(text))
        case .toolCall(var call):
            call.arguments = StreamSafeText.of(call.arguments)
            return .toolCall(call)
        default: return self
        }
    }

    /// Roughly the memory it uses, so that events with little text fill the channel as well.
    fileprivate var size: Int {
        switch self {
        case .delta(let text), .reasoning(let text): 64 + text.utf8.count
        case .toolCall(let call): 64 + call.arguments.utf8.count
        case .items(let items): 4096 * items.count
        case .usage, .waiting, .finished: 64
        }
    }
}

/// Notices that a stream was dropped without being read to its end.
private final class ChannelConsumer: Sendable {
    let channel: ModelEventChannel

    init(_ channel: ModelEventChannel) {
        self.channel = channel
    }

    deinit {
        self.channel.abandon()
    }
}
