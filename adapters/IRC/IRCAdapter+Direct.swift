package import Chat
internal import Kit
internal import Primitives

extension IRCAdapter: DirectAdapter {
    package func mayReach(_ identity: String) -> Bool { self.query(with: identity) != nil }

    package func direct(with identity: String) async throws -> DirectConversation? { self.query(with: identity) }

    private func query(with identity: String) -> DirectConversation? {
        self.state.withLock { $0.machine.query(with: identity) }
    }
}

extension IRCStateMachine {
    /// The query with the holder of an account, if they are in one of the bot's channels: only there their account is known
    /// without asking. Before a line is sent, the account is checked again.
    package func query(with identity: String) -> DirectConversation? {
        let start = "\(self.adapter)/account:"
        guard self.link.phase == .ready, identity.hasPrefix(start) else { return nil }
        let account = self.fold(String(identity.dropFirst(start.count)))
        let found = self.link.people.first { entry in
            !entry.value.channels.isEmpty && entry.value.splitUntil == nil
                && entry.value.account.map(self.fold) == account
        }
        guard let nick = found?.key else { return nil }
        return DirectConversation(
            thread: self.thread(in: nil, account: account.text, nick: nick),
            route: Route(room: RoomID(adapter: self.adapter, name: nick.text), anchor: account.text))
    }
}
