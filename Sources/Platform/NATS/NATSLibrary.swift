internal import CNATS
internal import Primitives

/// libnats' callbacks and their targets.
///
/// The library gets numbers instead of pointers, so that a callback after the end of its target finds nothing. All
/// messages of the process are delivered by one thread, and a target only enqueues.
enum NATSLibrary {
    enum Call: Sendable {
        case message(NATSMessage)
        /// The server or the library complains; the connection may go on.
        case complaint(String)
        /// The connection has ended.
        case closed(String?)
    }

    typealias Target = @Sendable (Call) -> Void

    private struct Targets {
        var last: UInt = 0
        var byNumber: [UInt: Target] = [:]
    }

    private static let targets = Protected(Targets())

    /// Whether the library could be started.
    static let isOpen = nats_Open(-1) == NATS_OK && nats_SetMessageDeliveryPoolSize(1) == NATS_OK

    static func add(_ target: @escaping Target) -> UInt {
        self.targets.withLock { targets in
            targets.last += 1
            targets.byNumber[targets.last] = target
            return targets.last
        }
    }

    static func remove(_ number: UInt) {
        self.targets.withLock { _ = $0.byNumber.removeValue(forKey: number) }
    }

    /// The library's closure argument.
    static func closure(_ number: UInt) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: number)
    }

    static func text(_ status: natsStatus) -> String {
        unsafe natsStatus_GetText(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
    }

    /// What the calling thread's last call complained about.
    static func lastError(_ status: natsStatus) -> String {
        var code = NATS_OK
        let text = unsafe nats_GetLastError(&code).map { unsafe String(cString: $0) } ?? ""
        return text.isEmpty || code != status ? Self.text(status) : text
    }

    private static func call(_ closure: UnsafeMutableRawPointer?, _ call: Call) {
        let number = UInt(bitPattern: closure)
        self.targets.withLock { $0.byNumber[number] }?(call)
    }

    // MARK: Callbacks

    static var onMessage: natsMsgHandler {
        { _, _, message, closure in
            guard let message = unsafe message else { return }
            defer { unsafe natsMsg_Destroy(message) }
            unsafe NATSLibrary.call(closure, .message(NATSMessage(copying: message)))
        }
    }

    static var onClosed: natsConnectionHandler {
        { connection, closure in
            unsafe NATSLibrary.call(closure, .closed(NATSLibrary.lastError(of: connection)))
        }
    }

    /// Without one, the library prints errors.
    static var onComplaint: natsErrHandler {
        { connection, _, status, closure in
            let detail = unsafe NATSLibrary.lastError(of: connection) ?? NATSLibrary.text(status)
            unsafe NATSLibrary.call(closure, .complaint(detail))
        }
    }

    private static func lastError(of connection: OpaquePointer?) -> String? {
        var text: UnsafePointer<CChar>?
        let status = unsafe natsConnection_GetLastError(connection, &text)
        guard status != NATS_OK else { return nil }
        let detail = unsafe text.map { unsafe String(cString: $0) } ?? ""
        return detail.isEmpty ? Self.text(status) : detail
    }
}

extension NATSMessage {
    init(copying message: OpaquePointer) {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? { unsafe pointer.map { unsafe String(cString: $0) } }
        func header(_ name: String) -> String? {
            var value: UnsafePointer<CChar>?
            return unsafe natsMsgHeader_Get(message, name, &value) == NATS_OK ? unsafe text(value) : nil
        }
        self.subject = unsafe text(natsMsg_GetSubject(message)) ?? ""
        self.reply = unsafe text(natsMsg_GetReply(message))
        let count = Int(unsafe natsMsg_GetDataLength(message))
        self.payload =
            unsafe natsMsg_GetData(message).map { data in
                unsafe Array(UnsafeRawBufferPointer(start: data, count: count))
            } ?? []
        self.status = header("Status")
        self.statusText = self.status == nil ? nil : header("Description")
    }
}
