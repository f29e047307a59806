internal import Crypto
internal import JSON
internal import Lifecycle
package import Logging
package import NATS
internal import Primitives

/// The hosts' words to each other over NATS. PostgreSQL decides everything: a host that hears nothing polls, and is
/// slower by at most a second.
///
/// | subject | what | if it is lost |
/// |---|---|---|
/// | `jb.CLUSTER.event.PLACE` | ``BusEvent/stored(place:number:)``, in a stream on disk | the owner polls its inbox |
/// | `jb.CLUSTER.live.SESSION` | ``BusEvent/live(session:_:)``, in a stream in memory | the watcher reads the frames |
/// | `jb.CLUSTER.host.ID` | a ``BusRequest`` and its reply | the request is stored, or refused |
/// | `jb.CLUSTER.all` | the other events | the host looks at versions and leases |
package final class ClusterBus: Service {
    package let name = "cluster bus"
    private let nats: NATSConnection?
    private let key: ClusterKey
    private let host: String
    private let subjects: BusSubjects
    private let logger: Logger
    private let answer: @Sendable (BusRequest, _ host: String) async -> BusReply
    private let counted = Protected(BusCounts())
    private let stopping = Signal()

    /// More requests than these wait.
    private static let answersAtOnce = 64

    /// - Parameters:
    ///   - nats: Nil without `cluster.nats`: the bus then does nothing.
    ///   - host: This host's id.
    ///   - answer: Answers requests of other hosts.
    package init(
        nats: NATSConnection?, key: ClusterKey, host: String, logger: Logger,
        answer: @escaping @Sendable (BusRequest, _ host: String) async -> BusReply
    ) {
        self.nats = nats
        self.key = key
        self.host = host
        self.subjects = BusSubjects(key.name)
        self.logger = logger
        self.answer = answer
    }

    /// The connection's state; nil if NATS is not configured.
    package var status: NATSState? { self.nats?.status }

    package var counts: BusCounts { self.counted.withLock { $0 } }

    // MARK: Life

    package func run() async throws {
        guard let nats = self.nats else {
            self.logger.info("NATS is not configured: hosts learn of each other's work by polling PostgreSQL")
            return await self.stopping.wait()
        }
        let requests = try nats.subscribe(self.subjects.host(self.host))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "requests") { await self.serve(requests) }
            try await nats.run()
            group.cancelAll()
        }
    }

    package func stop() async {
        await self.nats?.stop()
        self.stopping.signal()
    }

    // MARK: Events

    /// Tells the other hosts, without waiting.
    package func post(_ event: BusEvent) {
        guard let nats = self.nats else { return }
        let subject: String
        var id: String?
        switch event {
        case .stored(let place, let number):
            subject = self.subjects.event(place: place)
            id = "inbox.\(number)"
        case .live(let session, _): subject = self.subjects.live(session: session)
        case .policyChanged, .roomRenamed, .leaseTaken: subject = self.subjects.all
        }
        let envelope = BusEnvelope(host: self.host, content: event.json)
        do throws(NATSError) {
            try nats.publish(envelope.sealed(with: self.key, for: subject), to: subject, id: id)
            self.counted.withLock { $0.sent += 1 }
        } catch {
            self.counted.withLock { $0.unsent += 1 }
            self.logger.debug("an event was not published: \(error)")
        }
    }

    /// ``BusEvent/stored(place:number:)`` of all places. An event that its reader has not finished comes again.
    package func wakes() -> BusEvents {
        self.events(
            in: self.subjects.events, self.subjects.anyEvent,
            .durable(name: self.subjects.consumer(of: self.host)))
    }

    /// The frames of a session that is watched here and runs elsewhere.
    package func frames(ofSession session: String) -> BusEvents {
        self.events(in: self.subjects.live, self.subjects.live(session: session), .ordered)
    }

    private func events(in stream: NATSStream, _ filter: String, _ kind: NATSConsumer.Kind) -> BusEvents {
        guard let nats = self.nats else { return BusEvents(bus: self, source: .none) }
        return BusEvents(
            bus: self, source: .consumer(NATSConsumer(on: nats, stream: stream, filter: filter, kind: kind)))
    }

    /// What concerns every host.
    package func news() throws(NATSError) -> BusEvents {
        guard let nats = self.nats else { return BusEvents(bus: self, source: .none) }
        return BusEvents(bus: self, source: .subscription(try nats.subscribe(self.subjects.all)))
    }

    /// Nil for what is forged, unreadable, or this host's own.
    func event(in message: NATSMessage) -> (BusEvent, host: String)? {
        guard let envelope = self.opened(message.payload, from: message.subject) else { return nil }
        guard let event = BusEvent(envelope.content) else {
            self.counted.withLock { $0.unreadable += 1 }
            return nil
        }
        return envelope.host == self.host ? nil : (event, envelope.host)
    }

    func acknowledge(_ message: NATSMessage) { self.nats?.acknowledge(message) }

    // MARK: Requests

    /// Asks a host.
    package func ask(
        _ host: String, to request: BusRequest, within limit: Duration = .seconds(1)
    ) async throws -> BusReply {
        guard let nats = self.nats else { throw BusError(.notConfigured, "NATS is not configured") }
        let subject = self.subjects.host(host)
        let id = hex(randomBytes(12))
        let envelope = BusEnvelope(host: self.host, id: id, content: request.json)
        let message: NATSMessage
        do {
            message = try await nats.request(envelope.sealed(with: self.key, for: subject), to: subject, within: limit)
        } catch let error as NATSError {
            throw BusError(error.code == .timeout ? .timeout : .unreachable, "host \(host) does not answer: \(error)")
        }
        // Signed for the request, so that a reply to another one is not taken for it.
        guard let reply = self.opened(message.payload, from: "\(subject)/\(id)").flatMap({ BusReply($0.content) })
        else { throw BusError(.invalidReply, "the reply of host \(host) cannot be read") }
        return reply
    }

    private func serve(_ requests: NATSSubscription) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await delivery in requests {
                guard case .message(let message) = delivery, let reply = message.reply,
                    let envelope = self.opened(message.payload, from: message.subject), let id = envelope.id
                else { continue }
                guard let request = BusRequest(envelope.content) else {
                    self.counted.withLock { $0.unreadable += 1 }
                    continue
                }
                if running == Self.answersAtOnce {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask(name: "answer") {
                    let answer = await self.answer(request, envelope.host)
                    let sealed = BusEnvelope(host: self.host, id: id, content: answer.json)
                        .sealed(with: self.key, for: "\(message.subject)/\(id)")
                    // If it is lost, the other host's time runs out.
                    try? self.nats?.publish(sealed, to: reply)
                }
            }
        }
    }

    private func opened(_ bytes: [UInt8], from subject: String) -> BusEnvelope? {
        do throws(BusEnvelope.Refusal) {
            let envelope = try BusEnvelope(opening: bytes, with: self.key, from: subject)
            self.counted.withLock { $0.received += 1 }
            return envelope
        } catch {
            self.counted.withLock { counts in
                if error == .forged || error == .tooLarge { counts.forged += 1 } else { counts.unreadable += 1 }
            }
            return nil
        }
    }
}
