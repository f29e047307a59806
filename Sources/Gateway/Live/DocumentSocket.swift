internal import Chat
internal import Documents
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Logging
internal import Primitives
internal import Sessions
internal import Store
internal import Threads
internal import WebSockets

/// A WebSocket on which a document is edited: passes its messages to the open document, and that one's back.
final class DocumentSocket: WatchedConnection {
    let principal: Principal
    private let context: GatewayContext
    private let place: Place
    private let session: SessionRecord
    /// With which it was opened.
    private let right: ThreadRight
    private let socket: WebSocket
    private let isRefused = Protected(false)

    /// A revoked credential's connection is closed within this time.
    private static let checkInterval: Duration = .seconds(30)
    /// In which a client takes what it was sent before its connection ends.
    private static let endTime: Duration = .seconds(10)
    /// In which a client of another host's document takes a message.
    private static let relayTime: Duration = .seconds(60)

    private init(
        context: GatewayContext, principal: Principal, session: SessionRecord, right: ThreadRight, socket: WebSocket
    ) {
        self.context = context
        self.principal = principal
        self.place = Place(of: session.key)
        self.session = session
        self.right = right
        self.socket = socket
    }

    static var settings: WebSocketSettings {
        var settings = WebSocketSettings()
        settings.messageLimit = (1 << 20) + 64
        settings.receiveCount = 64
        return settings
    }

    static func open(
        _ context: GatewayContext, _ call: APICall<API.EpochQuery, API.Nothing>
    ) async throws -> HTTPServerResponse {
        let (_, thread, session) = try await context.documents(call, to: .read)
        let principal = try call.person()
        guard let documents = context.settings.openDocuments else {
            throw HTTPProblem(.notFound, "This host has no documents.")
        }
        let place = Place(of: session.key)
        let headers = call.request.http.headers
        do {
            if !context.bridge.serves(place),
                let passed = try await context.remoteFrames?.open(call.request.http.target, in: place, as: headers)
            {
                return try context.documentSockets.response(to: call.request.http) {
                    await Self.join($0, passed.socket, passed.stay)
                }
            }
        } catch is WebSocketError {
            throw Forwarder.moving
        }
        let path = call.request.parameter("path")
        guard let right = try await context.right(of: principal, in: session) else { throw Problems.missing("thread") }
        let connection = try await DocumentRoutes.answering {
            try await documents.join(
                path, of: thread, as: principal.sender, in: session.id,
                canEdit: right >= .join && principal.role >= .member
                    && principal.has(anyOf: [.chat, .documents]),
                isOwner: principal.role == .owner, epoch: call.query.epoch)
        }
        do {
            return try context.documentSockets.response(to: call.request.http) { socket in
                let own = DocumentSocket(
                    context: context, principal: principal, session: session, right: right, socket: socket)
                await context.connections.with(own) { await own.run(connection) }
            }
        } catch {
            await connection.leave()
            throw error
        }
    }

    private func run(_ connection: DocumentConnection) async {
        let watch = Alarm(after: Self.checkInterval, isRepeating: true) {
            // The alarm's callback cannot wait for the store.
            Task { await self.checkAccess() }
        }
        defer { watch.cancel() }
        await self.checkAccess()
        await withDiscardingTaskGroup { group in
            group.addTask(name: "frames") {
                // The socket may still have the last two that it took.
                var taken: [Int] = []
                for await frame in connection.port.frames {
                    do {
                        switch frame {
                        case .binary(let bytes): try await self.socket.send(.binary(bytes))
                        case .text(let text): try await self.socket.send(text)
                        case .close(let reason): await self.socket.close(.policyViolation, reason: reason)
                        }
                    } catch { break }
                    taken.append(frame.byteCount)
                    if taken.count > 2 { connection.port.sent(taken.removeFirst()) }
                }
                // Too slow, or refused.
                await self.socket.close(.policyViolation, reason: "reconnect")
            }
            group.addTask(name: "end") {
                if await connection.port.waitForEnd() { try? await Task.sleep(for: Self.endTime) }
                // A client that reads nothing would keep the other task waiting for room.
                if !Task.isCancelled { await self.socket.close(.policyViolation, reason: "reconnect") }
            }
            while let message = try? await self.socket.next(), !self.isRefused.withLock({ $0 }) {
                switch message {
                case .binary(let bytes): await connection.receive(bytes)
                case .text(let text): await connection.receive(text)
                }
            }
            await connection.leave()
            group.cancelAll()
        }
    }

    func checkAccess() async {
        do {
            if try await !self.context.authenticator.isValid(self.principal) {
                self.refuse(.policyViolation, "the credential was revoked or changed")
            } else if try await self.context.right(of: self.principal, in: self.session) != self.right {
                self.refuse(.policyViolation, "the conversation is shared in another way now")
            }
        } catch {
            // What cannot be checked is not trusted; the client reconnects.
            self.refuse(.normal, "")
        }
    }

    /// Closes the connection without waiting for the client, of which nothing more is taken.
    private func refuse(_ code: WebSocketCloseCode, _ reason: String) {
        self.isRefused.withLock { $0 = true }
        self.socket.beginClosing(code, reason: reason)
    }

    func placesChanged() {
        guard !self.context.store.held.contains(self.place) else { return }
        // Unstructured: nobody waits for it. The client finds the document where the thread is now.
        Task { await self.socket.close(.goingAway, reason: "another host serves the thread now") }
    }

    /// Passes messages between a client and the host that has the thread.
    private static func join(_ client: WebSocket, _ host: WebSocket, _ stay: HostStay) async {
        // Unstructured: nothing waits for it, and it ends here.
        let departure = Task {
            await stay.ended()
            if !Task.isCancelled { await client.close(.goingAway, reason: "another host serves the thread now") }
        }
        defer { departure.cancel() }
        await withDiscardingTaskGroup { group in
            for (from, to) in [(client, host), (host, client)] {
                group.addTask(name: "relay") {
                    while let message = try? await from.next() {
                        do {
                            guard try await withDeadline(Self.relayTime, { try await to.send(message) }) != nil else {
                                break
                            }
                        } catch { break }
                    }
                    await to.close(from.closure?.code ?? .goingAway, reason: from.closure?.reason ?? "")
                    // Ends the other direction, which may wait for somebody who reads nothing.
                    await from.close(to.closure?.code ?? .goingAway, reason: to.closure?.reason ?? "")
                }
            }
        }
    }
}
