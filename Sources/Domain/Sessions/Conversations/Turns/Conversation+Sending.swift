internal import Chat

/// Files that a turn sends: uploaded where the room has files, else linked.
extension Conversation {
    func send(_ file: TurnFile, of turn: TurnRecord) async throws {
        let room = turn.route.room
        let link = FileTexts.link(
            to: file.name, bytes: file.bytes.count, in: turn.session, publicURL: self.environment.settings.publicURL)
        guard self.mayUpload(file.bytes.count, to: room), let directory = self.environment.settings.filesDirectory
        else {
            return try await self.takeText(link, of: turn)
        }
        if self.running?.steps != nil { try await self.postText(of: turn) }
        let path = try await Self.store(file, of: turn, in: "\(directory)/\(turn.session)")
        let now = self.environment.now()
        let fallback = self.poster(for: turn.route).messages(for: link).first ?? link
        let item = try await self.retrying { ledger in
            try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: link, at: now)
            let item = try ledger.insertOutbox(
                session: turn.session, turn: turn.id, kind: .file, route: turn.route, text: fallback, at: now)
            try ledger.setFile(path, of: item.id)
            return item
        }
        await self.context.hub.append(.thinking, link, to: turn.id)
        await self.divideAnswer(of: turn, by: [item])
        await self.context.lanes.dispatch([item])
    }

    /// Keeps the file until it is sent; ``Janitor`` removes it with those that people sent.
    private static func store(_ file: TurnFile, of turn: TurnRecord, in folder: String) async throws -> String {
        let writer = FileWriter("sent-\(turn.id)-\(FileName.sanitized(file.name))", in: folder, limit: .max)
        do {
            try await writer.open()
            try await writer.write(file.bytes)
            return try await writer.finish()
        } catch {
            await writer.discard()
            throw TurnFailure(FileTexts.notSent(file.name, "\(error)"))
        }
    }
}
