internal import Chat
internal import Delivery
internal import Files
internal import People
internal import Store
internal import Threads

/// `export [markdown|json]`: the whole conversation as a file, or a link where a room has no files.
extension Conversation {
    func export(
        _ argument: String, for stored: StoredMessage, as role: Role, sign: CommandSign
    ) async throws -> Submission? {
        guard let format = argument.isEmpty ? .markdown : ExportFormat(rawValue: argument.lowercased()) else {
            return try await self.reply(to: stored, with: CommandTexts.exportUsage(sign))
        }
        guard let session = try await self.storedSession() else {
            return try await self.reply(to: stored, with: CommandTexts.nothingToExport)
        }
        let route = stored.message.route
        let room = route.room
        let name = format.fileName(of: session, title: session.title.isEmpty ? room.name : session.title)
        let text = CommandTexts.exported(
            name,
            at: "\(self.environment.settings.publicURL)/api/v1/threads/\(session.id)/export?format=\(format.rawValue)",
            isOnPage: session.key.adapter == Place.webAdapter)
        guard self.mayUpload(0, to: room),
            let path = try await self.exportFile(
                named: name, of: session, format, for: stored.message.sender, as: role)
        else { return try await self.reply(to: stored, with: text) }
        let now = self.environment.now()
        let fallback = self.poster(for: route).messages(for: text).first ?? text
        return try await self.respond(to: stored) { ledger, session in
            let item = try ledger.insertOutbox(
                session: session.id, turn: nil, kind: .file, route: route, text: fallback, at: now)
            try ledger.setFile(path, of: item.id)
            return Response(text: text, isPosted: false, items: [item])
        }.submission
    }

    /// Writes the file, which ``Janitor`` removes with those that people sent. Nil if the room does not take its size, or
    /// the person's quota does not.
    private func exportFile(
        named name: String, of session: SessionRecord, _ format: ExportFormat, for reader: Sender, as role: Role
    ) async throws -> String? {
        guard let export = self.environment.export, let files = self.environment.settings.files else {
            return nil
        }
        let limit = self.context.adapters.traits(of: session.route.room).uploadLimit
        // A second one replaces the first.
        let writer = files.writer("\(UploadName.export)\(name)", in: session.id, limit: limit)
        do {
            let room = try await self.context.fileQuota.room(
                in: session.id, of: session.owner, from: nil, as: role)
            try await writer.open()
            try await export(session, format, reader, role) { text in
                let bytes = Array(text.utf8)
                try room.take(bytes.count)
                try await writer.write(bytes)
            }
            let path = try await writer.finish()
            try await room.keep()
            return path
        } catch is FileFailure {
            await writer.discard()
            return nil
        } catch is QuotaExceeded {
            await writer.discard()
            return nil
        } catch {
            await writer.discard()
            throw error
        }
    }
}
