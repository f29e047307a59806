internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Primitives

/// A stand-in's end of a WebSocket, which can also fail as networks do.
@Net
final class LoopbackWebSocket {
    var onText: (@Net (String) -> Void)?
    /// Called once, however it ends.
    var onEnd: (@Net () -> Void)?

    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var frames = WebSocketFrames()
    private var output: [UInt8] = []
    private var isClosing = false
    private var isEnded = false
    private var pings: Timer?
    private var closer: Timer?

    /// Takes the connection over and shakes hands. Slack pings every few seconds.
    init(_ handover: ConnectionHandover, pingInterval: Duration) throws {
        guard let descriptor = handover.take(), let key = handover.head.headers["sec-websocket-key"] else {
            throw WebSocketFrames.Broken(why: "no key, or no connection")
        }
        let number = descriptor.rawValue
        self.descriptor = consume descriptor
        self.frames.add(handover.extra)
        Socket.setNoDelay(number)
        self.registration = try EventLoop.shared.watch(number, .readable) { self.handle($0) }
        self.write(WebSocketFrames.handshake(key: key))
        self.ping(every: pingInterval)
    }

    var isOpen: Bool { !self.isEnded }

    /// Reads the bytes that came with the handshake.
    func begin() {
        self.read()
    }

    func send(_ text: String) {
        guard !self.isClosing else { return }
        self.write(WebSocketFrames.text(text))
    }

    /// Sends a close frame; ends when the peer has answered, or after a second.
    func close(_ code: UInt16 = 1000) {
        guard self.isOpen, !self.isClosing else { return }
        self.isClosing = true
        self.write(WebSocketFrames.close(code))
        self.closer = EventLoop.shared.schedule(after: .seconds(1)) { [weak self] in self?.cut() }
    }

    /// Ends without a close frame.
    func cut() {
        guard !self.isEnded else { return }
        self.isEnded = true
        self.pings?.cancel()
        self.closer?.cancel()
        self.registration?.cancel()
        self.registration = nil
        self.descriptor = nil
        let onEnd = self.onEnd
        self.onEnd = nil
        self.onText = nil
        onEnd?()
    }

    /// From now on nothing is read, written or closed, as if the peer had lost power.
    func freeze() {
        // Even the peer's end goes unnoticed.
        self.registration?.cancel()
        self.registration = nil
    }

    private func ping(every interval: Duration) {
        self.pings = EventLoop.shared.schedule(after: interval) { [weak self] in
            guard let self, self.isOpen else { return }
            if !self.isClosing { self.write(WebSocketFrames.ping(Array("Ping from loopback".utf8))) }
            self.pings?.reschedule(after: interval)
        }
    }

    private func handle(_ readiness: EpollEvents) {
        if readiness.contains(.writable) { self.flush() }
        guard self.isOpen else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        guard let registration = self.registration else { return }
        switch buffer.withUnsafeMutableBytes({ Socket.read(registration.descriptor, into: $0) }) {
        case .moved(0), .failed: return self.cut()
        case .moved(let count): self.frames.add(buffer[..<count])
        case .wouldBlock: return
        }
        self.read()
    }

    private func read() {
        do throws(WebSocketFrames.Broken) {
            while self.isOpen, let frame = try self.frames.next() {
                switch frame {
                case .text(let text): self.onText?(text)
                case .ping(let payload): self.write(WebSocketFrames.pong(payload))
                case .pong: break
                case .close(let code):
                    if !self.isClosing { self.write(WebSocketFrames.close(code == 1005 ? 1000 : code)) }
                    self.cut()
                }
            }
        } catch {
            self.cut()
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard self.registration != nil else { return }
        self.output += bytes
        self.flush()
    }

    private func flush() {
        guard let registration = self.registration else { return }
        var start = 0
        while start < self.output.count {
            switch Socket.write(registration.descriptor, self.output, from: start) {
            case .moved(let count): start += count
            case .failed: return self.cut()
            case .wouldBlock:
                self.output.removeFirst(start)
                registration.modify([.readable, .writable])
                return
            }
        }
        self.output.removeAll(keepingCapacity: true)
        registration.modify(.readable)
    }
}
