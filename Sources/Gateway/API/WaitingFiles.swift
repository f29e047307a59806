internal import Chat
internal import Sessions

/// The files that a person has uploaded for the next message, around the submission of that message.
struct WaitingFiles: Sendable {
    let context: GatewayContext
    let principal: Principal
    let session: String
    /// The message's event.
    let event: String

    func take() async -> [Attachment] {
        await self.context.web.uploads?.take(from: self.principal.identity, in: self.session, for: self.event) ?? []
    }

    /// Submits the message. If it does not take the files, because it failed or is a command that is answered at once,
    /// they wait for another one.
    func settled(by submit: () async throws -> Submission?) async throws -> Submission? {
        let submission: Submission?
        let isTaken: Bool
        do {
            submission = try await submit()
            isTaken = try await self.isTaken(by: submission)
        } catch {
            await self.putBack()
            throw error
        }
        if !isTaken { await self.putBack() }
        return submission
    }

    private func isTaken(by submission: Submission?) async throws -> Bool {
        // The first request with this key is still being processed, and decides.
        guard let submission else { return true }
        let turn = try await self.context.store.read { ledger in try ledger.turn(id: submission.operation) }
        // A turn that continues another one has no files either.
        return turn.map { $0.kind != TurnRecord.commandKind && $0.work == $0.id } ?? false
    }

    private func putBack() async {
        await self.context.web.uploads?.putBack(
            from: self.principal.identity, in: self.session, for: self.event)
    }
}
