package import Chat

extension Bridge {
    /// Stops a turn of `thread` that runs or waits. Unlike the command `stop`, it leaves no message in the thread.
    package func stop(_ turn: String, in thread: ThreadKey, by sender: Sender? = nil) async throws {
        try await self.conversations.conversation(for: thread).stop(turn, by: sender)
    }
}
