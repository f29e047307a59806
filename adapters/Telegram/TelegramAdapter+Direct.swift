package import Chat
internal import JSON
internal import Primitives

/// The private chat with somebody has their id.
extension TelegramAdapter: DirectAdapter {
    package func mayReach(_ identity: String) -> Bool { Self.user(identity) != nil }

    /// Bots cannot begin a chat, and nothing says whether somebody has started this one, except what becomes of a sign in
    /// their chat.
    package func direct(with identity: String) async throws -> DirectConversation? {
        guard let user = Self.user(identity) else { return nil }
        guard self.status.state == .up else { throw AdapterError(.disconnected, "Not connected to Telegram") }
        let call = TelegramCall("sendChatAction", ["chat_id": .integer(user), "action": "typing"], timeout: 10_000)
        switch try await self.transport.send(call) {
        case .result: break
        case .refused(let refusal):
            guard refusal.code != 403, refusal.code != 400 else { return nil }
            throw refusal.error
        case .broken(let failure): throw failure.error
        }
        return DirectConversation(
            thread: ThreadKey(adapter: self.id, value: "\(user)"),
            route: Route(room: RoomID(adapter: self.id, name: "\(user)")))
    }

    /// People's ids are positive.
    private static func user(_ identity: String) -> Int64? {
        guard identity.hasPrefix("telegram:"), let id = Int64(untrusted: String(identity.dropFirst("telegram:".count))),
            id > 0
        else { return nil }
        return id
    }
}
