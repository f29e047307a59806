package import Chat
internal import JSON
internal import Primitives

extension SlackAdapter: DirectAdapter {
    package func mayReach(_ identity: String) -> Bool { self.user(identity) != nil }

    package func direct(with identity: String) async throws -> DirectConversation? {
        guard let reader = self.reader else { throw AdapterError(.disconnected, "Not connected to Slack") }
        guard let user = self.user(identity) else { return nil }
        let answer: JSON
        do {
            answer = try await self.call(.openDirect, ["users": .string(user)])
        } catch let failure as SlackFailure {
            if failure.isMissingFeature { self.state.withLock { _ = $0.missing.insert(.openDirect) } }
            // Neither will waiting make a deleted account reachable.
            if failure.isMissingFeature || Self.unreachable.contains(failure.code) { return nil }
            throw failure.adapterError
        }
        guard let channel = SlackReader.id(answer["channel"]?["id"]) else { return nil }
        return DirectConversation(
            thread: reader.thread(channel, root: nil),
            route: Route(room: reader.room(channel), recipient: "\(reader.bot.team)/\(user)"))
    }

    private static let unreachable: Set<String> = [
        "user_not_found", "user_not_visible", "user_disabled", "users_not_found", "cannot_dm_bot", "channel_not_found",
        "invalid_user_combination", "restricted_action",
    ]

    /// The user with this identity in the bot's workspace, if the app may write to people.
    private func user(_ identity: String) -> String? {
        let (team, mayOpen) = self.state.withLock {
            ($0.machine.identity?.team, !$0.missing.contains(.openDirect))
        }
        let parts = identity.split(separator: "/", omittingEmptySubsequences: false)
        guard mayOpen, parts.count == 2, parts[0].hasPrefix("slack:"), team == nil || parts[0] == "slack:\(team ?? "")",
            SlackReader.isID(String(parts[1]))
        else { return nil }
        return String(parts[1])
    }
}
