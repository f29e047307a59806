internal import Chat

/// Files that came with a question: fetched when its turn begins.
extension Conversation {
    /// So many files of one message are fetched.
    static let fileCount = 16

    /// Fetches a turn's files and makes them part of its question, there and in the transcript. What cannot be had is
    /// told in the thread, and the turn goes on without it; with nothing left to answer it fails.
    func receiveFiles(of turn: TurnRecord) async throws -> TurnRecord {
        // What the history in memory says of the question is not what is asked now.
        self.running?.admission = nil
        var files: [ReceivedFile] = []
        var failed: [String] = []
        for (index, attachment) in turn.attachments.enumerated() {
            let name = FileName.sanitized(attachment.name)
            do {
                guard index < Self.fileCount else {
                    throw FileFailure(reason: "only the first \(Self.fileCount) files of a message are")
                }
                let size = attachment.size.map { " (\(FileSize.text($0)))" } ?? ""
                await self.context.hub.append(.thinking, "Fetching `\(name)`\(size).", to: turn.id)
                let intake = try self.intake(for: turn)
                files.append(try await intake.fetch(attachment, number: "\(turn.message ?? 0)-\(index + 1)"))
            } catch let failure as FileFailure {
                let line = "`\(name)` was not read: \(failure.reason)."
                failed.append(line)
                await self.post(line, as: .note, of: turn)
            }
        }
        guard !files.isEmpty || !turn.text.isEmpty else {
            throw TurnFailure("There is nothing to answer: no file of the message could be read. Send it again.")
        }
        var received = turn
        received.text = FileListing.text(turn.text, with: files)
        received.attachments = []
        let text = received.text
        await self.persistently { ledger in
            try ledger.edit(turn, written: text, asked: text)
            try ledger.forgetAttachments(of: turn.id)
        }
        return received
    }

    private func intake(for turn: TurnRecord) throws -> FileIntake {
        let room = turn.route.room
        let traits = self.context.adapters.traits(of: room)
        guard traits.capabilities.contains(.files),
            let adapter = self.context.adapters[room.adapter] as? any FileAdapter
        else { throw FileFailure(reason: "files cannot be fetched from here") }
        guard let directory = self.environment.settings.filesDirectory else {
            throw FileFailure(reason: "this host has no place for files")
        }
        let limit = self.environment.settings.fileLimit
        return FileIntake(
            adapter: adapter, directory: "\(directory)/\(turn.session)",
            limit: traits.uploadLimit > 0 ? min(limit, traits.uploadLimit) : limit)
    }
}
