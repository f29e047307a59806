internal import EventLoop
internal import Glibc
internal import Primitives

/// A listening socket of a jail's network.
@Net
final class NetworkDoor {
    /// What its connections are meant for; nil for the proxy's.
    let target: NetworkAddress?
    private let number: Int32
    private var listener: FileDescriptor?
    private var direct: DirectListener?
    private var registration: Registration?

    nonisolated init(_ listener: consuming FileDescriptor) {
        self.target = nil
        self.number = listener.rawValue
        self.listener = consume listener
    }

    nonisolated init(_ direct: DirectListener) {
        self.target = direct.target
        self.number = direct.descriptor.rawValue
        self.direct = direct
    }

    /// Wakes `changed` when a client waits.
    func open(_ changed: WaitList) throws(JailFailure) {
        let number = self.number
        guard Socket.isListening(number) else {
            throw JailFailure("the jail's network can't start: its descriptor is not a listening socket")
        }
        do {
            // It was made in the jail, where it may block.
            try Socket.adopt(listener: number)
            self.registration = try EventLoop.shared.watch(number, .readable) { _ in changed.wakeAll() }
        } catch {
            throw JailFailure("the jail's network can't start: \(error)")
        }
    }

    /// The next client; nil if none waits, or none may come in.
    func accept(isFull: Bool) throws -> NetworkSocket? {
        // Otherwise a waiting client would wake the loop again and again.
        guard !isFull else {
            self.registration?.modify([])
            return nil
        }
        if let client = try Socket.accept(on: self.number) { return try NetworkSocket(client) }
        self.registration?.modify(.readable)
        return nil
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
        self.listener = nil
        self.direct = nil
    }
}
