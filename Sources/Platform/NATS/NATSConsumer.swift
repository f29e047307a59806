internal import Crypto
internal import JSON

/// A consumer of a stream, for one reader: its messages in order, and a ``NATSDelivery/gap`` wherever some may be
/// missing. It makes the stream and itself again when the server has lost them, and never ends by itself.
package struct NATSConsumer: AsyncSequence, Sendable {
    package typealias Element = NATSDelivery

    package enum Kind: Sendable {
        /// The server remembers which messages are done, see ``NATSConnection/acknowledge(_:)``, and sends the others
        /// again after `wait`. At most `unacknowledged` are under way. A new one begins with new messages.
        case durable(name: String, unacknowledged: Int = 256, wait: Duration = .seconds(30))
        /// New messages, in order. After a short interruption it continues without a gap.
        case ordered
    }

    let connection: NATSConnection
    let stream: NATSStream
    let filter: String
    let kind: Kind

    package init(on connection: NATSConnection, stream: NATSStream, filter: String, kind: Kind) {
        self.connection = connection
        self.stream = stream
        self.filter = filter
        self.kind = kind
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self) }

    /// Receives while somebody asks for the next message.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private enum Phase {
            /// The subscription says with a gap that the server is there.
            case disconnected
            case settingUp
            case receiving
        }

        private static let heartbeat = Duration.seconds(2)
        private static let pullLimit = Duration.seconds(30)

        private let consumer: NATSConsumer
        private var inbox = ""
        private var subscription: NATSSubscription?
        private var phase = Phase.disconnected
        private var failures = 0
        private var pull = PullConsumer()
        private var ordered = OrderedConsumer(name: "", after: 0)
        /// When the stream was made; another time means another stream.
        private var madeAt: String?

        init(consumer: NATSConsumer) {
            self.consumer = consumer
        }

        /// Nil when the task is cancelled or the connection was stopped.
        package mutating func next() async -> NATSDelivery? {
            while !Task.isCancelled, let buffer = self.subscribed()?.buffer {
                switch self.phase {
                case .disconnected:
                    guard let delivery = await buffer.next() else { return nil }
                    if delivery == .gap { self.phase = .settingUp }
                case .settingUp:
                    if await self.setUp() { return .gap }
                case .receiving:
                    self.pullIfNeeded()
                    // The server sends a heartbeat where there are no messages.
                    let delivery = await buffer.next(upTo: Self.heartbeat * 3)
                    if delivery == nil, buffer.isEnded { return nil }
                    if let message = self.read(delivery) { return .message(message) }
                }
            }
            return nil
        }

        private mutating func subscribed() -> NATSSubscription? {
            if self.subscription == nil {
                self.inbox = "_INBOX.\(hex(randomBytes(12)))"
                self.phase = .disconnected
                // What is dropped comes again from the stream, after what is kept.
                self.subscription = try? self.consumer.connection.subscribe(
                    self.inbox, messages: 4_096, bytes: 8 << 20, keepsOldest: true)
            }
            return self.subscription
        }

        private mutating func read(_ delivery: NATSDelivery?) -> NATSMessage? {
            guard case .message(let message) = delivery else {
                self.begin()
                return nil
            }
            let outcome =
                switch self.consumer.kind {
                case .durable: self.pull.read(message)
                case .ordered: self.ordered.read(message)
                }
            if outcome == .broken { self.begin() }
            return outcome == .deliver ? message : nil
        }

        /// Sets everything up again. An ordered consumer needs a subject that none has had, because the server sends
        /// only where it sees a new subscription; without one, it removes the old consumer.
        private mutating func begin() {
            self.phase = .settingUp
            if case .ordered = self.consumer.kind { self.subscription = nil }
        }

        private mutating func pullIfNeeded() {
            guard case .durable(let name, _, _) = self.consumer.kind, self.pull.expected == 0 else { return }
            let body: JSON = [
                "batch": JSON(PullConsumer.batch), "expires": JSON(Self.pullLimit.nanoseconds),
                "idle_heartbeat": JSON(Self.heartbeat.nanoseconds),
            ]
            do throws(NATSError) {
                try self.consumer.connection.publish(
                    body.bytes, to: "$JS.API.CONSUMER.MSG.NEXT.\(self.consumer.stream.name).\(name)",
                    reply: self.inbox)
                self.pull.pulled()
            } catch {
                self.phase = error.code == .disconnected ? .disconnected : .settingUp
            }
        }

        // MARK: Setting up

        /// Returns whether it worked and messages may be missing.
        private mutating func setUp() async -> Bool {
            do {
                try await self.consumer.connection.ensure(self.consumer.stream)
                let hasGap =
                    switch self.consumer.kind {
                    case .durable(let name, let unacknowledged, let wait):
                        try await self.makeDurable(name, unacknowledged, wait)
                    case .ordered: try await self.makeOrdered()
                    }
                self.phase = .receiving
                self.failures = 0
                return hasGap
            } catch {
                if Task.isCancelled { return false }
                if (error as? NATSError)?.code == .disconnected {
                    self.phase = .disconnected
                    return false
                }
                self.consumer.connection.note(error)
                self.failures = Swift.min(self.failures + 1, 5)
                try? await Task.sleep(for: .milliseconds(125 << self.failures))
                self.begin()
                return false
            }
        }

        private mutating func makeDurable(
            _ name: String, _ unacknowledged: Int, _ wait: Duration
        ) async throws -> Bool {
            try await self.make(
                name, "CONSUMER.DURABLE.CREATE.\(self.consumer.stream.name).\(name)",
                [
                    "durable_name": .string(name), "ack_policy": "explicit", "ack_wait": JSON(wait.nanoseconds),
                    "max_ack_pending": JSON(unacknowledged), "deliver_policy": "new",
                ])
            self.pull = PullConsumer()
            return true
        }

        private mutating func makeOrdered() async throws -> Bool {
            let stream = try await self.consumer.connection.callJetStream("STREAM.INFO.\(self.consumer.stream.name)")
            let madeAt = stream["created"]?.stringValue
            let last = stream["state"]?["last_seq"]?.intValue ?? 0
            let first = stream["state"]?["first_seq"]?.intValue ?? 0
            let position = self.ordered.position
            let canContinue = self.madeAt == madeAt && position <= last && first <= position + 1
            let after = canContinue ? position : last
            let name = hex(randomBytes(8))
            try await self.make(
                name, "CONSUMER.CREATE.\(self.consumer.stream.name).\(name)",
                [
                    "name": .string(name), "deliver_subject": .string(self.inbox), "ack_policy": "none",
                    "max_deliver": 1, "mem_storage": true, "deliver_policy": "by_start_sequence",
                    "opt_start_seq": JSON(after + 1), "idle_heartbeat": JSON(Self.heartbeat.nanoseconds),
                    "inactive_threshold": JSON(Duration.seconds(10).nanoseconds),
                ])
            self.ordered = OrderedConsumer(name: name, after: after)
            self.madeAt = madeAt
            return !canContinue
        }

        private func make(_ name: String, _ call: String, _ configuration: JSONObject) async throws {
            var configuration = configuration
            configuration["filter_subject"] = .string(self.consumer.filter)
            configuration["replay_policy"] = "instant"
            _ = try await self.consumer.connection.callJetStream(
                call, ["stream_name": .string(self.consumer.stream.name), "config": .object(configuration)])
        }
    }
}
