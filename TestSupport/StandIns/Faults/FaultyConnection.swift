internal import EventLoop
internal import Primitives

/// One connection through a ``FaultProxy``: two sockets and what is on the way between them.
@Net final class FaultyConnection {
    /// One direction. Reading stops while much waits to be written, as it would without the proxy.
    private final class Side {
        let socket: FileDescriptor
        var registration: Registration?
        /// To be written to this socket.
        var output = OutputQueue()
        /// Bytes read from this socket that wait for their time, and the delay of the last of them.
        var delayed = 0
        var timers = 0
        var lastDelay = Duration.zero
        var hasEnded = false

        init(_ socket: consuming FileDescriptor) { self.socket = socket }
    }

    private static let limit = 1 << 20
    private var sides: [Side] = []
    private var fault: FaultProxy.Fault
    /// Whether bytes were thrown away, so that neither peer could make sense of later ones.
    private var isDeaf = false
    private let trap: @Net ([UInt8]) -> FaultProxy.Trap?
    /// Ends with the server's next bytes.
    private var isCutByAnswer = false
    private let onClose: @Net () -> Void

    init(
        fault: FaultProxy.Fault, trap: @escaping @Net ([UInt8]) -> FaultProxy.Trap?, onClose: @escaping @Net () -> Void
    ) {
        self.fault = fault
        self.trap = trap
        self.isDeaf = fault == .swallow
        self.onClose = onClose
    }

    func start(_ client: consuming FileDescriptor, _ server: consuming FileDescriptor) {
        self.sides = [Side(client), Side(server)]
        for index in 0...1 {
            self.sides[index].registration = try? EventLoop.shared.watch(
                self.sides[index].socket.rawValue, [.readable, .writable]
            ) { [weak self] readiness in self?.handle(readiness, index) }
        }
    }

    func set(_ fault: FaultProxy.Fault) {
        self.fault = fault
        if fault == .swallow { self.isDeaf = true }
        self.update()
    }

    func close() {
        guard !self.sides.isEmpty else { return }
        for side in self.sides { side.registration?.cancel() }
        self.sides = []
        self.onClose()
    }

    private func handle(_ readiness: EpollEvents, _ index: Int) {
        if readiness.contains(.writable) { self.write(index) }
        if self.mayRead(index) {
            self.read(index)
        } else if !readiness.isDisjoint(with: [.error, .hangUp]) {
            // Reported again and again while nobody reads.
            self.close()
        }
        self.update()
    }

    private func mayRead(_ index: Int) -> Bool {
        guard index < self.sides.count, !self.sides[index].hasEnded else { return false }
        if self.isDeaf { return true }
        return self.fault != .hold && self.sides[1 - index].output.count + self.sides[index].delayed < Self.limit
    }

    private func read(_ index: Int) {
        let side = self.sides[index]
        var buffer = [UInt8](repeating: 0, count: 65_536)
        switch buffer.withUnsafeMutableBytes({ Socket.read(side.socket.rawValue, into: $0) }) {
        case .wouldBlock: return
        case .failed: self.close()
        case .moved(0):
            side.hasEnded = true
            // What one peer has sent before its end still arrives; then both are closed.
            self.pass([], from: index)
        case .moved(let count):
            guard !self.isDeaf else { return }
            let bytes = Array(buffer[..<count])
            if index == 1, self.isCutByAnswer { return self.close() }
            switch index == 0 ? self.trap(bytes) : nil {
            case .cutBefore: return self.close()
            case .cutAfter: self.isCutByAnswer = true
            case nil: break
            }
            self.pass(bytes, from: index)
        }
    }

    /// Empty bytes are the end.
    private func pass(_ bytes: [UInt8], from index: Int) {
        let side = self.sides[index]
        if case .delay(let delay) = self.fault {
            // Not below the delay of what is before it, as timers of one delay fire in the order in which they were set.
            side.lastDelay = side.timers == 0 ? delay : max(delay, side.lastDelay)
        } else if side.timers == 0 || self.isDeaf {
            return self.deliver(bytes, from: index)
        }
        side.delayed += bytes.count
        side.timers += 1
        EventLoop.shared.schedule(after: side.lastDelay) { [weak self] in
            side.delayed -= bytes.count
            side.timers -= 1
            guard let self, index < self.sides.count else { return }
            self.deliver(bytes, from: index)
            self.update()
        }
    }

    private func deliver(_ bytes: [UInt8], from index: Int) {
        if !bytes.isEmpty {
            self.sides[1 - index].output.append(bytes)
            self.write(1 - index)
        } else if self.isDeaf || self.sides[1 - index].output.isEmpty {
            self.close()
        }
    }

    private func write(_ index: Int) {
        guard index < self.sides.count, !self.isDeaf, self.fault != .hold else { return }
        let side = self.sides[index]
        var hasFailed = false
        side.output.drain { bytes, start in
            switch Socket.write(side.socket.rawValue, bytes, from: start) {
            case .moved(let count): return count
            case .wouldBlock: return nil
            case .failed:
                hasFailed = true
                return nil
            }
        }
        if hasFailed || side.output.isEmpty && self.sides[1 - index].hasEnded { self.close() }
    }

    private func update() {
        for index in self.sides.indices {
            var interest: EpollEvents = []
            if self.mayRead(index) { interest.insert(.readable) }
            if !self.sides[index].output.isEmpty, !self.isDeaf, self.fault != .hold { interest.insert(.writable) }
            self.sides[index].registration?.modify(interest)
        }
    }
}
