package import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Kit
internal import Logging
internal import Primitives
internal import WebSockets

extension SlackAdapter {
    package func run(delivering sink: any MessageSink) async throws {
        let kept = await self.memory.load()
        self.state.withLock { state in
            if let kept { state.seen.restore(kept) }
            state.work.begin(at: self.now.monotonic)
        }
        for queue in self.queues { queue.open() }
        // Discarding, because it runs for months: other groups keep each task that has ended until somebody asks for it.
        await withDiscardingTaskGroup { group in
            await withTaskGroup(of: Void.self) { stores in
                for (number, queue) in self.queues.enumerated() {
                    stores.addTask(name: "\(self.id) queue \(number)") {
                        await self.deliverJobs(of: queue, to: sink)
                    }
                }
                await self.conduct(&group, sink)
                for queue in self.queues { queue.close() }
                if Task.isCancelled { stores.cancelAll() }
                await stores.waitForAll()
            }
            await self.closeSockets()
            group.cancelAll()
        }
        self.state.withLock { $0.work.end() }
        await self.keepMemory()
        await sink.statusChanged(self.status, of: self.id)
        try Task.checkCancellation()
    }

    // MARK: Conductor

    /// Starts orders, feeds the state machine its deadlines and saves the memory until the run is stopped.
    private func conduct(_ group: inout DiscardingTaskGroup, _ sink: any MessageSink) async {
        self.perform(.started)
        var nextKeeping = self.now.monotonic + Self.keepingInterval
        while !Task.isCancelled, !self.state.withLock({ $0.work.isStopping }) {
            for order in self.state.withLock({ $0.work.takeOrders() }) {
                if case .status(let status) = order {
                    await sink.statusChanged(status, of: self.id)
                } else {
                    group.addTask { await self.carryOut(order, sink) }
                }
            }
            let now = self.now.monotonic
            let deadline = self.state.withLock { $0.machine.deadline }
            if let deadline, deadline <= now { self.perform(.time) }
            if nextKeeping <= now {
                nextKeeping = now + Self.keepingInterval
                await self.keepMemory()
                group.addTask { await self.rollOverStreams() }
            }
            let wait = min(deadline ?? .max, nextKeeping) - self.now.monotonic
            if wait > 0 { await self.toConduct.wait(upTo: .milliseconds(wait)) }
        }
    }

    /// Milliseconds between saves of the memory, and between checks for old streams.
    private static let keepingInterval: Int64 = 15_000

    private func carryOut(_ order: SlackWork.Order, _ sink: any MessageSink) async {
        switch order {
        case .call(.identify): await self.identify()
        case .call(.open(let link)): await self.runSocket(link)
        case .close(let link):
            let socket = self.state.withLock { $0.work.sockets[link] }
            await socket?.close()
        case .catchUp: await self.catchUp()
        case .status: break
        case .file(let file): await self.takeShared(file)
        case .prompts(let channel, let thread): await self.offerPrompts(channel: channel, thread: thread)
        case .title(let channel, let thread, let text):
            await self.setTitle(channel: channel, thread: thread, text: text)
        case .form(let form, let answer): await self.open(form, delivering: sink, answer)
        case .slash(let slash, let answer): await self.answerSlash(slash, delivering: sink, answer)
        }
    }

    func keepMemory() async {
        let now = self.now
        let bytes = self.state.withLock { state -> [UInt8]? in
            state.noteSeen(at: now)
            return state.seen.takeUnsaved()
        }
        if let bytes { _ = await self.memory.save(bytes) }
    }

    private func closeSockets() async {
        let sockets = self.state.withLock { $0.work.sockets.values.map { $0 } }
        await withTaskGroup(of: Void.self) { group in
            for socket in sockets { group.addTask { await socket.close() } }
        }
    }

    // MARK: Connections

    private func identify() async {
        do {
            let answer = try await self.call(.authTest)
            guard let identity = SlackIdentity(answer) else {
                throw SlackFailure("not_a_bot", "auth.test returned no bot; bot_token must be a bot token (xoxb-)")
            }
            self.perform(.identified(identity))
        } catch let failure as SlackFailure {
            self.perform(.failed(.identify, failure))
        } catch {
            self.perform(.failed(.identify, SlackFailure("cancelled", "cancelled")))
        }
    }

    /// Opens one socket and reads it until it ends.
    private func runSocket(_ link: Int) async {
        let socket: WebSocket
        do {
            socket = try await self.openSocket()
        } catch let failure as SlackFailure {
            return self.perform(.failed(.open(link), failure))
        } catch {
            return self.perform(.failed(.open(link), SlackFailure("unreachable", "\(error)")))
        }
        self.state.withLock { $0.work.sockets[link] = socket }
        self.perform(.opened(link))
        var reason = "closed"
        do {
            while let message = try await socket.next() {
                guard case .text(let text) = message else { continue }
                self.perform(.frame(link, SlackFrame(text)))
                // While a queue is full, events stay with Slack.
                while let queue = self.queues.first(where: { $0.isFull }) { await queue.waitForRoom() }
            }
            if let closure = socket.closure { reason = "closed with \(closure.code) \(closure.reason)" }
        } catch {
            reason = "\(error)"
            // Otherwise nobody would know why something was never answered.
            if (error as? WebSocketError)?.code == .peerMistake {
                self.logger.warning("an event of Slack could not be read", ["reason": .string(reason)])
            }
        }
        self.state.withLock { $0.work.sockets[link] = nil }
        self.perform(.ended(link, reason: reason))
    }

    /// The address is a secret that works once, for some seconds.
    func openSocket() async throws -> WebSocket {
        let answer = try await self.call(.openConnection)
        guard let text = answer["url"]?.stringValue, let url = try? HTTPURL(text) else {
            throw SlackFailure("http_200", "apps.connections.open returned no address")
        }
        do {
            return try await self.webSockets.connect(url)
        } catch let error as WebSocketError {
            throw SlackFailure("unreachable", "Slack's socket could not be opened: \(error.message)")
        }
    }
}
