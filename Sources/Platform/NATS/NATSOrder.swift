/// Work for the thread that calls libnats, in the order in which it was asked for.
enum NATSOrder: Sendable {
    /// `id`: for JetStream, which drops a second message of the same id.
    case publish(subject: String, reply: String?, id: String?, payload: [UInt8])
    case subscribe(UInt, subject: String)
    case unsubscribe(UInt)

    /// What the server counts against `max_payload`, and the outbox against its limit.
    var size: Int {
        guard case .publish(_, _, let id, let payload) = self else { return 0 }
        // "NATS/1.0\r\nNats-Msg-Id: ID\r\n\r\n"
        return payload.count + (id.map { $0.utf8.count + 27 } ?? 0)
    }
}
