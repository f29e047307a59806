internal import NATS
internal import Primitives

/// Events of other hosts, for one reader. Without NATS it is silent.
package struct BusEvents: AsyncSequence, Sendable {
    package typealias Element = BusDelivery

    enum Source: Sendable {
        case none
        case subscription(NATSSubscription)
        case consumer(NATSConsumer)
    }

    let bus: ClusterBus
    let source: Source

    package func makeAsyncIterator() -> AsyncIterator {
        switch self.source {
        case .none: AsyncIterator(bus: self.bus)
        case .subscription(let subscription):
            AsyncIterator(bus: self.bus, subscription: subscription.makeAsyncIterator())
        case .consumer(let consumer): AsyncIterator(bus: self.bus, consumer: consumer.makeAsyncIterator())
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let bus: ClusterBus
        var subscription: NATSSubscription.AsyncIterator?
        var consumer: NATSConsumer.AsyncIterator?
        /// Acknowledged when its reader asks for the next one.
        private var handled: NATSMessage?

        init(
            bus: ClusterBus, subscription: NATSSubscription.AsyncIterator? = nil,
            consumer: NATSConsumer.AsyncIterator? = nil
        ) {
            self.bus = bus
            self.subscription = subscription
            self.consumer = consumer
        }

        /// Nil when the task is cancelled or the bus was stopped.
        package mutating func next() async -> BusDelivery? {
            while !Task.isCancelled {
                if let handled = self.handled.take() { self.bus.acknowledge(handled) }
                switch await self.receive() {
                case nil: return nil
                case .gap: return .gap
                case .message(let message):
                    self.handled = message
                    if let (event, host) = self.bus.event(in: message) { return .event(event, host: host) }
                }
            }
            return nil
        }

        private mutating func receive() async -> NATSDelivery? {
            if self.subscription != nil { return await self.subscription?.next() }
            if self.consumer != nil { return await self.consumer?.next() }
            await Signal().wait()
            return nil
        }
    }
}
