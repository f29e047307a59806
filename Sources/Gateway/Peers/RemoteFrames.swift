internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Store
internal import Threads
internal import WebSockets

/// Live frames of operations on other hosts, by the live protocol.
final class RemoteFrames: Sendable {
    private let client: WebSocketClient
    private let peers: GatewayPeers
    private let authenticator: Authenticator
    private let stays: HostStays

    init(_ peers: GatewayPeers, authenticator: Authenticator) {
        self.peers = peers
        self.authenticator = authenticator
        self.stays = HostStays(peers)
        var settings = WebSocketClientSettings()
        settings.allowsPlainText = true
        settings.connectSeconds = 2
        self.client = WebSocketClient(settings)
    }

    /// A WebSocket of the host of `place`, as whoever has the credential in `headers`, and what ends once that host no longer
    /// has the place. Nil if this host has it. Throws ``HTTPProblem`` for what another host has passed on already.
    func open(
        _ target: String, in place: Place, as headers: HTTPHeaders
    ) async throws -> (socket: WebSocket, stay: HostStay)? {
        guard let gateway = try await self.peers.gateway(place) else { return nil }
        guard !headers.contains(Forwarder.hop) else { throw Forwarder.moving }
        guard target.utf8.count <= WebSocketClient.pathLimit else {
            throw HTTPProblem(
                HTTPStatus(414),
                "Another host has the thread, and this address is too long for the way there: it may have "
                    + "\(WebSocketClient.pathLimit) bytes.")
        }
        var own = self.authenticator.credential(of: headers)
        own.append(Forwarder.hop, self.peers.name)
        let url = try HTTPURL("ws" + gateway.origin.dropFirst("http".count) + target)
        let socket = try await self.client.connect(url, headers: own)
        return (socket, HostStay(gateway, place, self.stays))
    }

    /// Subscribes by `command` to what the host of `place` shows, as whoever has the credential in `headers`. Nil if this
    /// host has the place. The subscription ends with an overflow when the connection does, or when the place is elsewhere,
    /// which a host that hangs does not say: the next one is where the place is then.
    func subscribe(_ command: JSON, in place: Place, as headers: HTTPHeaders) async throws -> LiveSubscription? {
        guard let (socket, stay) = try await self.open("/api/v1/live", in: place, as: headers) else { return nil }
        // Unstructured: a stream may end anywhere.
        let subscription = LiveSubscription { Task { await socket.close() } }
        try await socket.send(command.text)
        // Unstructured: it ends with the next one.
        let departure = Task {
            await stay.ended()
            subscription.overflow()
        }
        // Unstructured: it ends with the socket, which the end of the subscription closes.
        Task {
            while case .text(let text)? = try? await socket.next() {
                guard let frame = LiveFrame(text) else { break }
                subscription.yield(frame)
            }
            departure.cancel()
            subscription.overflow()
        }
        return subscription
    }
}

extension LiveFrame {
    /// As another host has sent it; nil for anything else, such as a refusal.
    init?(_ text: String) {
        guard let json = try? JSON.parse(text, depthLimit: 4), let operation = json["operation_id"]?.stringValue,
            let sequence = json["sequence"]?.intValue, sequence > 0, let type = json["type"]?.stringValue,
            let content = json["content"]?.stringValue,
            let timestamp = json["timestamp"]?.stringValue.flatMap(CivilTime.milliseconds)
        else { return nil }
        let stream = json["stream"]?.stringValue
        let kind = stream == "stderr" ? Kind.errorOutput : stream == "reasoning" ? .reasoning : Kind(rawValue: type)
        guard let kind else { return nil }
        self.init(
            operation: operation, sequence: Int64(sequence), kind: kind, content: content, timestamp: timestamp)
    }
}
