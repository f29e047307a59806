internal import EventLoop
internal import HTTPServer
internal import JSON

/// The connections of a ``LoopbackSlack``: it sends what the state wants sent, and tells the state what it hears.
@Net
final class SlackWire {
    weak var owner: LoopbackSlack?
    private var sockets: [Int: LoopbackWebSocket] = [:]
    private var lastNumber = 0
    private var timer: Timer?
    let changed = WaitList()

    nonisolated init() {}

    // MARK: WebSockets

    /// Takes a connection over whose ticket is good.
    func adopt(_ handover: ConnectionHandover, for slack: LoopbackSlack) {
        let settings = slack.settings
        guard
            let socket = try? LoopbackWebSocket(
                handover, pingInterval: .milliseconds(Int64(settings.pingSeconds * 1_000)))
        else { return }
        guard self.sockets.count < settings.connectionLimit else {
            socket.send(Self.disconnect("too_many_websockets"))
            socket.close()
            return
        }
        self.lastNumber += 1
        let number = self.lastNumber
        self.sockets[number] = socket
        socket.onText = { [weak slack] text in slack?.heard(text, from: number) }
        socket.onEnd = { [weak self, weak slack] in
            self?.sockets[number] = nil
            slack?.change { $0.delivery.close(number, now: $0.now) }
        }
        socket.send(
            JSON(
                [
                    "type": "hello", "num_connections": JSON(self.sockets.count),
                    "debug_info": [
                        "host": "applink-loopback", "build_number": 1,
                        "approximate_connection_time": JSON(settings.connectionSeconds),
                    ],
                    "connection_info": ["app_id": .string(settings.appID)],
                ] as JSONObject
            ).text)
        slack.change { $0.delivery.open(number) }
        socket.begin()
    }

    static func disconnect(_ reason: String) -> String {
        #"{"type":"disconnect","reason":"\#(reason)","debug_info":{"host":"applink-loopback"}}"#
    }

    /// The open connections, the oldest first.
    var numbers: [Int] { self.sockets.keys.sorted() }

    func socket(_ number: Int) -> LoopbackWebSocket? { self.sockets[number] }

    // MARK: Actions

    func perform(for slack: LoopbackSlack) {
        while true {
            let (actions, wait) = slack.takeActions()
            for action in actions { self.perform(action, for: slack) }
            guard actions.isEmpty else { continue }
            self.wake(after: wait)
            break
        }
        self.changed.wakeAll()
    }

    private func perform(_ action: SlackState.Action, for slack: LoopbackSlack) {
        switch action {
        case .delivery(.send(let connection, let text)): self.sockets[connection]?.send(text)
        case .delivery(.post), .delivery(.lost): break
        case .closeConnection(let number, let reason):
            self.sockets[number]?.send(Self.disconnect(reason))
            self.sockets[number]?.close()
        }
    }

    private func wake(after seconds: Double?) {
        guard let seconds else {
            self.timer?.stop()
            return
        }
        let delay = Duration.microseconds(Int64(seconds * 1_000_000) + 500)
        if let timer = self.timer {
            timer.reschedule(after: delay)
        } else {
            self.timer = EventLoop.shared.schedule(after: delay) { [weak self] in
                if let self, let owner = self.owner { self.perform(for: owner) }
            }
        }
    }

    func stop() {
        self.timer?.cancel()
        self.timer = nil
        for socket in self.sockets.values {
            socket.onEnd = nil
            socket.cut()
        }
        self.sockets = [:]
        self.changed.wakeAll()
    }
}
