internal import EventLoop
internal import HTTPServer
internal import JSON

/// The connections of a ``LoopbackSlack``: performs the state's actions and reports received frames to it.
@Net
final class SlackWire {
    weak var owner: LoopbackSlack?
    private var sockets: [Int: LoopbackWebSocket] = [:]
    private var lastNumber = 0
    private var timer: Timer?
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0
    let changed = WaitList()

    nonisolated init() {}

    // MARK: WebSockets

    /// Takes over a connection with a valid ticket.
    func adopt(_ handover: ConnectionHandover, seconds: Double, for slack: LoopbackSlack) {
        let settings = slack.settings
        let interval = Duration.milliseconds(Int64(settings.pingSeconds * 1_000))
        guard let socket = try? LoopbackWebSocket(handover, pingInterval: interval) else { return }
        guard self.sockets.count < settings.connectionLimit else {
            socket.send(Self.disconnect("too_many_websockets"))
            socket.close()
            return
        }
        self.lastNumber += 1
        let number = self.lastNumber
        self.sockets[number] = socket
        socket.onText = { [weak slack] text in slack?.heard(text, from: number) }
        let hello: JSONObject = [
            "type": "hello", "num_connections": JSON(self.sockets.count),
            "debug_info": [
                "host": "applink-loopback", "build_number": 1, "approximate_connection_time": JSON(Int(seconds)),
            ],
            "connection_info": ["app_id": .string(settings.appID)],
        ]
        // In one step, so that anything that happens after the hello finds the connection open.
        slack.change { state in
            socket.send(JSON(hello).text)
            state.delivery.open(number)
        }
        let end: @Net () -> Void = { [weak self, weak slack] in
            self?.sockets[number] = nil
            slack?.change { $0.delivery.close(number, now: $0.now) }
        }
        guard socket.isOpen else { return end() }
        socket.onEnd = end
        socket.begin()
        // Connections are recycled; Slack announces it ten seconds before.
        EventLoop.shared.schedule(after: .seconds(max(1, seconds - 10))) { [weak self, weak slack] in
            if let self, let slack { self.refresh(number, after: 10, warning: true, for: slack) }
        }
    }

    static func disconnect(_ reason: String) -> String {
        #"{"type":"disconnect","reason":"\#(reason)","debug_info":{"host":"applink-loopback"}}"#
    }

    /// Requests a new connection and ends this one later; unless it is only a warning, it gets no more events.
    func refresh(_ number: Int, after seconds: Double, warning: Bool, for slack: LoopbackSlack) {
        guard let socket = self.sockets[number] else { return }
        socket.send(Self.disconnect(warning ? "warning" : "refresh_requested"))
        if !warning { slack.change { $0.delivery.retire(number) } }
        EventLoop.shared.schedule(after: .milliseconds(Int64(seconds * 1_000))) { [weak self, weak slack] in
            guard let self, let slack, let socket = self.sockets[number] else { return }
            if warning { socket.send(Self.disconnect("refresh_requested")) }
            slack.change { $0.delivery.retire(number) }
            socket.close()
        }
    }

    /// The open connections, oldest first.
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

    private func perform(_ action: SlackDelivery.Action, for slack: LoopbackSlack) {
        switch action {
        case .send(let connection, let text): self.sockets[connection]?.send(text)
        case .post(let envelope, let item):
            self.lastTask += 1
            let number = self.lastTask
            // One per delivery, cancelled by stop().
            self.tasks[number] = Task { @Net [weak self, weak slack] in
                await slack?.post(item, envelope: envelope)
                self?.tasks[number] = nil
            }
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
        for task in self.tasks.values { task.cancel() }
        for socket in self.sockets.values {
            socket.onEnd = nil
            socket.cut()
        }
        self.sockets = [:]
        self.changed.wakeAll()
    }
}
