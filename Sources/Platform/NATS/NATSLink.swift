internal import CNATS
internal import Primitives

/// The thread that calls libnats for one connection. A write waits there up to a second for the socket.
@safe actor NATSLink {
    private let thread = ThreadExecutor(name: "nats")
    private var connection: OpaquePointer?
    private var subscriptions: [UInt: OpaquePointer] = unsafe [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.thread.asUnownedSerialExecutor() }

    deinit { self.thread.stop() }

    /// Takes a connection over and subscribes to everything. Returns the server's `max_payload`.
    ///
    /// - Parameter wanted: Asked here, so that no order to subscribe falls between two connections.
    func attach(_ handle: NATSHandle, _ wanted: @Sendable () -> [UInt: String]) throws(NATSError) -> Int {
        unsafe self.connection = handle.pointer
        for (number, subject) in wanted() { try self.perform(.subscribe(number, subject: subject)) }
        return Int(unsafe natsConnection_GetMaxPayload(handle.pointer))
    }

    /// Orders without a connection are dropped. Throws if the connection is no longer usable.
    func perform(_ orders: [NATSOrder]) throws(NATSError) {
        for order in orders { try self.perform(order) }
    }

    /// Closes the connection, which waits for the library's threads.
    func detach() {
        guard let connection = unsafe self.connection else { return }
        unsafe self.connection = nil
        unsafe self.subscriptions.values.forEach { unsafe natsSubscription_Destroy($0) }
        unsafe self.subscriptions = [:]
        unsafe natsConnection_Destroy(connection)
    }

    /// Closes a connection that nobody has taken over.
    static func destroy(_ handle: NATSHandle) async {
        let link = NATSLink()
        await link.adopt(handle)
        await link.detach()
    }

    private func adopt(_ handle: NATSHandle) { unsafe self.connection = handle.pointer }

    private func perform(_ order: NATSOrder) throws(NATSError) {
        guard let connection = unsafe self.connection else { return }
        switch order {
        case .publish(let subject, let reply, let id, let payload):
            try self.check(unsafe Self.publish(on: connection, subject, reply, id, payload))
        case .subscribe(let number, let subject):
            guard unsafe self.subscriptions[number] == nil else { return }
            var subscription: OpaquePointer?
            try self.check(
                unsafe natsConnection_Subscribe(
                    &subscription, connection, subject, NATSLibrary.onMessage, NATSLibrary.closure(number)))
            unsafe self.subscriptions[number] = subscription
        case .unsubscribe(let number):
            guard let subscription = unsafe self.subscriptions.removeValue(forKey: number) else { return }
            unsafe natsSubscription_Destroy(subscription)
        }
    }

    private func check(_ status: natsStatus) throws(NATSError) {
        // The size was checked with the limit of an earlier server.
        guard status != NATS_OK, status != NATS_MAX_PAYLOAD else { return }
        throw NATSError(.disconnected, "cannot write to NATS: \(NATSLibrary.lastError(status))")
    }

    private static func publish(
        on connection: OpaquePointer, _ subject: String, _ reply: String?, _ id: String?, _ payload: [UInt8]
    ) -> natsStatus {
        var message: OpaquePointer?
        var status = unsafe payload.withUnsafeBytes { bytes in
            unsafe natsMsg_Create(
                &message, subject, reply, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        defer { unsafe natsMsg_Destroy(message) }
        if status == NATS_OK, let id { status = unsafe natsMsgHeader_Set(message, "Nats-Msg-Id", id) }
        return status == NATS_OK ? unsafe natsConnection_PublishMsg(connection, message) : status
    }
}
