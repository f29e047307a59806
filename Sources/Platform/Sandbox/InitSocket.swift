internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives

/// The host's end of the socket to init: frames out with descriptors, messages in.
@Net
final class InitSocket {
    private struct Outgoing {
        let bytes: [UInt8]
        var sent = 0
        var descriptors: [Int32]
    }

    var onMessage: (@Net (InitFrame.Message) -> Void)?
    /// The other end is closed, or sent what cannot be understood. Called once.
    var onEnd: (@Net (SandboxError?) -> Void)?
    /// What init listens on, once it has sent it.
    private var received: Int32 = -1

    private var descriptor: Int32?
    private var registration: Registration?
    private var incoming: [UInt8] = []
    private var outgoing: [Outgoing] = []

    init(_ descriptor: consuming FileDescriptor) throws(SystemError) {
        let number = descriptor.release()
        self.descriptor = number
        _ = csystem_make_nonblocking(number)
        self.registration = try EventLoop.shared.watch(number, .readable) { [weak self] in self?.handle($0) }
    }

    func takeReceived() -> FileDescriptor? {
        guard self.received >= 0 else { return nil }
        defer { self.received = -1 }
        return FileDescriptor(owning: self.received)
    }

    /// Sends a frame; `descriptors` are closed here once they have been sent.
    func send(_ frame: [UInt8], _ descriptors: [Int32] = []) {
        self.outgoing.append(Outgoing(bytes: frame, descriptors: descriptors))
        if self.outgoing.count == 1 { self.flush() }
    }

    func close() {
        self.registration?.cancel()
        self.registration = nil
        if let descriptor = self.descriptor { _ = Glibc.close(descriptor) }
        self.descriptor = nil
        for frame in self.outgoing { for each in frame.descriptors { _ = Glibc.close(each) } }
        self.outgoing = []
        if self.received >= 0 { _ = Glibc.close(self.received) }
        self.received = -1
        self.onMessage = nil
        self.onEnd = nil
    }

    private func handle(_ readiness: EpollEvents) {
        if readiness.contains(.writable) { self.flush() }
        if !readiness.isDisjoint(with: [.readable, .hangUp, .error]) { self.read() }
    }

    private func flush() {
        while let descriptor = self.descriptor, var frame = self.outgoing.first {
            let count = unsafe frame.bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return 0 }
                return unsafe csystem_send_descriptors(
                    descriptor, base + frame.sent, bytes.count - frame.sent, frame.descriptors,
                    Int32(frame.descriptors.count))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    self.registration?.modify([.readable, .writable])
                    return
                }
                // Reading reports the end, after what init has still said.
                break
            }
            for each in frame.descriptors { _ = Glibc.close(each) }
            frame.descriptors = []
            frame.sent += count
            if frame.sent < frame.bytes.count { self.outgoing[0] = frame } else { self.outgoing.removeFirst() }
        }
        for frame in self.outgoing { for each in frame.descriptors { _ = Glibc.close(each) } }
        self.outgoing = []
        self.registration?.modify(.readable)
    }

    private func read() {
        guard let descriptor = self.descriptor else { return }
        while true {
            var piece = [UInt8](repeating: 0, count: 512)
            let count = unsafe piece.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return 0 }
                return unsafe csystem_receive_descriptor(descriptor, base, bytes.count, &self.received)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return self.end(nil) }
            self.incoming += piece[..<count]
            do throws(SandboxError) {
                while let message = try InitFrame.next(&self.incoming) { self.onMessage?(message) }
            } catch {
                return self.end(error)
            }
            guard self.descriptor != nil else { return }
        }
    }

    private func end(_ error: SandboxError?) {
        self.registration?.cancel()
        self.registration = nil
        self.onEnd.take()?(error)
    }
}
